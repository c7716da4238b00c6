import { pool } from './db.js'

async function findSettings() {
  const { rows } = await pool.query("select key, value from settings where key like 'site.%'")
  return Object.fromEntries(rows.map(({ key, value }) => [key, value]))
}

async function renderHeader() {
  const settings = await findSettings()
  return { title: settings['site.title'] }
}

async function renderTotals() {
  const settings = await findSettings()
  const { rows } = await pool.query(
    'select (select count(*)::int from posts) as posts, (select count(*)::int from comments) as comments',
  )
  return { ...rows[0], locale: settings['site.locale'] }
}

/** Both parts read the settings, because neither knows of the other. */
export async function showDashboard() {
  return { header: await renderHeader(), totals: await renderTotals() }
}
