// Dragging a push to another day only opens the page that tells the consequences; nothing changes before.
(function () {
  var table = document.querySelector("[data-moves]");
  if (!table) return;
  table.addEventListener("dragstart", function (event) {
    var id = event.target.getAttribute && event.target.getAttribute("data-move");
    if (id) event.dataTransfer.setData("text/plain", "push:" + id);
  });
  function cell(target) {
    while (target && target !== table && !(target.getAttribute && target.getAttribute("data-day"))) target = target.parentNode;
    return target && target !== table ? target : null;
  }
  table.addEventListener("dragover", function (event) {
    var over = cell(event.target);
    if (over) { event.preventDefault(); over.classList.add("over"); }
  });
  table.addEventListener("dragleave", function (event) {
    var left = cell(event.target);
    if (left) left.classList.remove("over");
  });
  table.addEventListener("drop", function (event) {
    var to = cell(event.target), given = event.dataTransfer.getData("text/plain");
    event.preventDefault();
    if (!to || !/^push:[0-9]+$/.test(given)) return;
    location.href = table.getAttribute("data-moves") + "?id=" + given.slice(5) + "&to=" + to.getAttribute("data-day");
  });
})();
