export default function Page() {
  return <p>Nothing is asked of the database here.</p>
}
