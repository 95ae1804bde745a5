// Dragging a push to another day only opens the page that tells the consequences; nothing changes before.
(function () {
  var table = document.querySelector("[data-moves]");
  if (!table) return;
  function holder(target, name) {
    while (target && target !== table && !(target.getAttribute && target.getAttribute(name))) target = target.parentNode;
    return target && target !== table ? target : null;
  }
  table.addEventListener("dragstart", function (event) {
    // The link inside is what the hand takes hold of.
    var push = holder(event.target, "data-move");
    if (push) event.dataTransfer.setData("text/plain", "push:" + push.getAttribute("data-move"));
  });
  table.addEventListener("dragover", function (event) {
    var over = holder(event.target, "data-day");
    if (over) { event.preventDefault(); over.classList.add("over"); }
  });
  table.addEventListener("dragleave", function (event) {
    var left = holder(event.target, "data-day");
    if (left) left.classList.remove("over");
  });
  table.addEventListener("drop", function (event) {
    var to = holder(event.target, "data-day"), given = event.dataTransfer.getData("text/plain");
    event.preventDefault();
    if (!to || !/^push:[0-9]+$/.test(given)) return;
    location.href = table.getAttribute("data-moves") + "?id=" + given.slice(5) + "&to=" + to.getAttribute("data-day");
  });
})();
