// Before the first paint, so that nobody is dazzled: the theme that was chosen here, if one was.
(() => {
  try {
    const chosen = localStorage.getItem('postback.theme');
    if (chosen === 'dark' || chosen === 'light') document.documentElement.dataset.theme = chosen;
  } catch {
    // storage may be forbidden; the system's preference then counts
  }
})();
