// An old address of a section leads to the tab that the section has become.
{
  const follow = () => {
    const tab = location.hash && document.getElementById(location.hash.slice(1))?.closest(".tabs a");
    if (tab) location.replace(tab.href);
  };
  window.addEventListener("hashchange", follow);
  follow();
}
