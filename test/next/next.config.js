export default {
  // webpack leaves the maps of the server out unless it is asked for them
  experimental: { serverSourceMaps: true },
  turbopack: { root: import.meta.dirname },
}
