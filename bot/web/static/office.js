// Small conveniences; every page works without this file.
"use strict";

document.addEventListener("submit", function (event) {
  const form = event.target;
  const question = form.getAttribute("data-confirm");
  if (question && !window.confirm(question)) {
    event.preventDefault();
    return;
  }
  // A second click on a slow line would send the same act twice.
  const button = form.querySelector("button:not([type=button])");
  if (button && form.method === "post" && !form.hasAttribute("data-again")) {
    window.setTimeout(function () { button.disabled = true; }, 0);
    window.setTimeout(function () { button.disabled = false; }, 5000);
  }
});

// One box that ticks all boxes of its name in the form; without this file it stays hidden.
document.querySelectorAll("input[data-all]").forEach(function (all) {
  all.hidden = false;
  all.addEventListener("change", function () {
    const name = all.getAttribute("data-all");
    all.form.querySelectorAll("input[name=" + name + "]").forEach(function (box) { box.checked = all.checked; });
  });
});

// The rail lies open beside the page on a wide screen and folds into a menu on a phone.
const narrow = window.matchMedia("(max-width: 760px)");
function foldMenu() {
  document.querySelectorAll("details[data-open-wide]").forEach(function (menu) { menu.open = !narrow.matches; });
}
foldMenu();
narrow.addEventListener("change", foldMenu);
