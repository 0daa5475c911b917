/**
 * The first slide: before Python is there, the page shows what the build rendered for its address
 * (a `<template data-route>` of index.html). A classic script behind the view, so that it runs
 * before the first paint.
 */

(() => {
  const view = /** @type {HTMLElement} */ (document.getElementById("view"));
  const home = document.createElement("template");
  home.dataset.digest = view.dataset.digest;
  const { title } = document;
  home.innerHTML = view.innerHTML;
  let shown = "#/";

  /** @param {string} route @returns {HTMLTemplateElement | null} */
  const slide = (route) => document.querySelector(`template[data-route="${CSS.escape(route)}"]`);

  const show = () => {
    if (document.documentElement.dataset.boot === "ready") return; // Python does it now
    const route = location.hash.split("?")[0] || "#/";
    if (route === shown) return;
    const found = route === "#/" ? home : (slide(route) ?? slide("*"));
    if (!found) return;
    shown = route;
    view.replaceChildren(found.content.cloneNode(true));
    view.dataset.digest = found.dataset.digest;
    document.title = found.dataset.title || title;
  };

  // The hash is the page's address, so the skip link moves the focus itself.
  document.querySelector(".skip-link")?.addEventListener("click", (event) => {
    event.preventDefault();
    /** @type {HTMLElement | null} */
    const heading = document.querySelector("main h1");
    heading?.scrollIntoView();
    heading?.focus();
  });
  addEventListener("hashchange", show);
  show();
})();
