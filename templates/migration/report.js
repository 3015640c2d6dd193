"use strict";
(function () {
  var table = document.getElementById("rules"), body = table.tBodies[0], text = document.getElementById("text");
  var rows = Array.prototype.slice.call(body.rows), words = rows.map(function (row) { return row.textContent.toLowerCase(); });
  text.hidden = false;
  text.addEventListener("input", function () {
    var wanted = text.value.trim().toLowerCase();
    rows.forEach(function (row, i) { row.hidden = words[i].indexOf(wanted) < 0; });
  });
  Array.prototype.forEach.call(table.tHead.rows[0].cells, function (head, column) {
    var button = document.createElement("button");
    button.type = "button";
    button.textContent = head.textContent;
    head.textContent = "";
    head.appendChild(button);
    button.addEventListener("click", function () {
      var down = head.getAttribute("aria-sort") === "ascending";
      Array.prototype.forEach.call(head.parentNode.cells, function (one) { one.removeAttribute("aria-sort"); });
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      rows.slice().sort(function (a, b) {
        var order = a.cells[column].textContent.trim().localeCompare(b.cells[column].textContent.trim());
        return (down ? -order : order) || rows.indexOf(a) - rows.indexOf(b);
      }).forEach(function (row) { body.appendChild(row); });
    });
  });
})();
