// The version switcher of the reference: shows what one API version has, and remembers which.
"use strict";

(() => {
  const page = document.querySelector("[data-versions]");
  if (!page) return;
  const versions = page.dataset.versions.split(" ");
  const place = (version) => versions.indexOf(version);
  const KEY = "moorage-api";

  function chosen() {
    const asked = new URLSearchParams(location.search).get("api");
    let kept = null;
    try {
      kept = localStorage.getItem(KEY);
    } catch (error) {
      kept = null; // storage is switched off
    }
    for (const each of [asked, kept]) {
      if (each === "all" || versions.includes(each)) return each;
    }
    return versions[versions.length - 1];
  }

  function keep(version) {
    try {
      localStorage.setItem(KEY, version);
    } catch (error) {
      return; // storage is switched off: the page itself still shows the version
    }
  }

  // The operation that is read now: the last whose heading is above the upper third.
  function reading() {
    const edge = innerHeight / 3;
    const passed = [...document.querySelectorAll(".md-content h1[id], .md-content h2[id]")].filter(
      (each) => each.getBoundingClientRect().top < edge,
    );
    return passed[passed.length - 1];
  }

  function show(version) {
    const at = place(version);
    for (const each of document.querySelectorAll("[data-since], [data-until]")) {
      const { since, until } = each.dataset;
      each.hidden =
        at >= 0 && ((since && place(since) > at) || (until && place(until) < at)) ? true : false;
    }
    for (const each of document.querySelectorAll(".m-operation")) {
      const { first, last, name } = each.dataset;
      const absent = at >= 0 && (place(first) > at || place(last) < at);
      each.classList.toggle("m-absent", absent);
      each.querySelector(":scope > .m-lacks")?.remove();
      if (absent) {
        const note = document.createElement("p");
        note.className = "m-lacks";
        const span = first === last ? first : `${first} to ${last}`;
        note.textContent = `API ${version} has no ${name}: it is in ${span}.`;
        each.prepend(note);
      }
    }
  }

  function switchTo(version) {
    const anchor = reading();
    const before = anchor?.getBoundingClientRect().top;
    show(version);
    if (anchor && anchor.tagName === "H2") {
      scrollBy({ top: anchor.getBoundingClientRect().top - before, behavior: "instant" });
    }
  }

  const label = document.createElement("label");
  label.textContent = "API ";
  const select = document.createElement("select");
  select.id = "m-version";
  for (const each of ["all", ...[...versions].reverse()]) {
    select.add(new Option(each === "all" ? "all versions" : each, each));
  }
  select.value = chosen();
  select.addEventListener("change", () => {
    keep(select.value);
    const address = new URL(location.href);
    address.searchParams.delete("api");
    history.replaceState(null, "", address);
    switchTo(select.value);
  });
  label.append(select);
  page.append(label);
  show(select.value);
  // What was hidden above the anchor has moved it.
  if (location.hash) {
    document.getElementById(decodeURIComponent(location.hash.slice(1)))?.scrollIntoView();
  }
})();
