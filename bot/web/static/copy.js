// A button beside each value that is copied into the console; without it the value can be selected by hand.
"use strict";

document.querySelectorAll("input[data-copy]").forEach(function (field) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = "复制";
  button.addEventListener("click", function () {
    field.select();
    const done = function () { button.textContent = "已复制"; };
    if (navigator.clipboard) {
      navigator.clipboard.writeText(field.value).then(done, function () { document.execCommand("copy"); done(); });
    } else {
      document.execCommand("copy");
      done();
    }
  });
  field.after(button);
});
