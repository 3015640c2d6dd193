"use strict";
(function () {
  var list = function (some) { return Array.prototype.slice.call(some); };
  var key = function (row, column) { var cell = row.cells[column]; return cell.getAttribute("data-order") || cell.textContent.trim().replace(/,(?=\d{3})/g, ""); };
  list(document.querySelectorAll("table.sorts")).forEach(function (table) {
    var body = table.tBodies[0], rows = list(body.rows);
    list(table.tHead.rows[0].cells).forEach(function (head, column) {
      var button = document.createElement("button");
      button.type = "button";
      button.textContent = head.textContent;
      head.textContent = "";
      head.appendChild(button);
      button.addEventListener("click", function () {
        var down = head.getAttribute("aria-sort") === "ascending";
        list(head.parentNode.cells).forEach(function (one) { one.removeAttribute("aria-sort"); });
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
        rows.slice().sort(function (a, b) {
          var order = key(a, column).localeCompare(key(b, column), undefined, { numeric: true });
          return (down ? -order : order) || rows.indexOf(a) - rows.indexOf(b);
        }).forEach(function (row) { body.appendChild(row); });
      });
    });
  });
  var text = document.getElementById("text"), all = document.getElementById("all");
  if (!text || !all) { return; }
  var rows = list(all.tBodies[0].rows), words = rows.map(function (row) { return row.textContent.toLowerCase(); });
  text.hidden = false;
  text.addEventListener("input", function () {
    var wanted = text.value.trim().toLowerCase();
    rows.forEach(function (row, i) { row.hidden = words[i].indexOf(wanted) < 0; });
  });
})();
