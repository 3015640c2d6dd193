"use strict";
(function () {
  var table = document.getElementById("rules"), text = document.getElementById("text");
  var rows = Array.prototype.slice.call(table.tBodies), words = rows.map(function (row) { return row.textContent.toLowerCase(); });
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
      function cell(rule) { return rule.rows[0].cells[column].textContent.trim(); }
      rows.slice().sort(function (a, b) {
        var order = cell(a).localeCompare(cell(b));
        return (down ? -order : order) || rows.indexOf(a) - rows.indexOf(b);
      }).forEach(function (row) { table.appendChild(row); });
    });
  });
})();
