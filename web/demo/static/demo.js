// The page as it is now, once a second while somebody looks. What was opened stays open.
const live = document.getElementById("live");

async function look() {
  if (document.hidden) return;
  const told = await fetch(`/live?version=${live.dataset.version}`);
  if (told.status !== 200) return;
  const open = [...live.querySelectorAll("details[open]")].map((part) => part.id);
  const page = await told.text();
  live.innerHTML = page;
  live.dataset.version = told.headers.get("x-version");
  for (const id of open) document.getElementById(id).open = true;
}

setInterval(() => look().catch(() => {}), 1000);
