// Keeps the open page fresh and sends forms without leaving it. Everything works without this file, too.
(function () {
  "use strict";

  var parts = Array.prototype.slice.call(document.querySelectorAll("[data-poll]"));
  var shown = new Map();
  var sent = false;

  function toEnd(part) {
    part.scrollTop = part.scrollHeight;
  }

  function atEnd(part) {
    return part.scrollHeight - part.scrollTop - part.clientHeight < 120;
  }

  function refresh(part) {
    return fetch(part.dataset.poll, { credentials: "same-origin" })
      .then(function (answer) {
        return answer.ok ? answer.text() : null;
      })
      .then(function (markup) {
        if (markup === null || markup === shown.get(part)) return;
        var follow = sent || atEnd(part);
        shown.set(part, markup);
        part.innerHTML = markup;
        if (part.id === "lines" && follow) toEnd(part);
      })
      .catch(function () {});
  }

  function refreshAll() {
    return Promise.all(parts.map(refresh));
  }

  document.addEventListener("submit", function (event) {
    var form = event.target;
    if (!form.hasAttribute("data-live")) return;
    event.preventDefault();
    var fields = new URLSearchParams(new FormData(form));
    var button = event.submitter;
    if (button && button.name) fields.set(button.name, button.value);
    var panel = form.closest("details");
    if (panel) panel.open = false;
    form.reset();
    sent = true;
    fetch(form.action, {
      method: "POST",
      body: fields,
      credentials: "same-origin",
      headers: { "X-Fragment": "1" }
    }).then(function () {
      if (form.dataset.live === "reload") location.reload();
      else return refreshAll();
    }).then(function () {
      sent = false;
    });
    setTimeout(refreshAll, 120);
  });

  parts.forEach(function (part) {
    if (part.id === "lines") toEnd(part);
  });
  if (parts.length) {
    setInterval(function () {
      if (!document.hidden) refreshAll();
    }, 1500);
  }
})();
