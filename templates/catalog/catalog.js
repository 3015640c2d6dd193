"use strict";
(function () {
  var root = document.currentScript.getAttribute("data-root") || "";
  var shards = {}, docs = {}, names = null, waiting = {}, turn = 0;

  // Data files call this with what they hold: ("names", list of shards), ("w", shard, text), ("d", block, rows).
  window.catalogData = function (kind, key, value) {
    if (kind === "names") names = key;
    if (kind === "w") shards[key] = read(value);
    if (kind === "d") docs[key] = value;
  };

  function load(path) {
    if (!waiting[path]) {
      waiting[path] = new Promise(function (done) {
        var script = document.createElement("script");
        script.src = root + "search/" + path + ".js";
        script.onload = script.onerror = function () { done(); };
        document.head.appendChild(script);
      });
    }
    return waiting[path];
  }

  // A line for each word: word, postings in titles, postings elsewhere; postings are distances in base 36.
  function read(text) {
    return text.split("\n").map(function (line) {
      var parts = line.split(" ");
      return { word: parts[0], title: parts[1] || "", body: parts[2] || "" };
    });
  }

  function numbers(text) {
    if (!text) return [];
    var at = 0;
    return text.split(".").map(function (one) { at += parseInt(one, 36); return at; });
  }

  function shardsOf(word) {
    return names.filter(function (one) { return word.indexOf(one[0]) === 0 || one[0].indexOf(word) === 0; });
  }

  function hits(word, whole) {
    var found = new Map();
    shardsOf(word).forEach(function (one) {
      (shards[one[1]] || []).forEach(function (entry) {
        if (whole ? entry.word !== word : entry.word.indexOf(word) !== 0) return;
        var exact = entry.word === word ? 2 : 1;
        numbers(entry.title).forEach(function (id) { add(found, id, 4 * exact); });
        numbers(entry.body).forEach(function (id) { add(found, id, exact); });
      });
    });
    return found;
  }

  function add(map, id, score) { map.set(id, Math.max(map.get(id) || 0, score)); }

  function search(text) {
    var words = text.toLowerCase().match(/[a-z0-9_]+(?:\.\d+)?/g) || [];
    words = words.filter(function (word, at) { return word.length > 1 || at < words.length - 1; }).slice(0, 8);
    if (!words.length) return Promise.resolve([]);
    return load("names").then(function () {
      var files = {};
      words.forEach(function (word) { shardsOf(word).slice(0, 40).forEach(function (one) { files[one[1]] = 1; }); });
      return Promise.all(Object.keys(files).map(load));
    }).then(function () {
      var total = null;
      words.forEach(function (word, at) {
        var found = hits(word, false), next = new Map();
        if (total === null) { total = found; return; }
        found.forEach(function (score, id) { if (total.has(id)) next.set(id, total.get(id) + score); });
        total = next;
      });
      var all = Array.from(total).sort(function (a, b) { return b[1] - a[1] || a[0] - b[0]; });
      var best = all.slice(0, 20), blocks = {};
      best.forEach(function (one) { blocks["d" + (one[0] >> 7)] = 1; });
      return Promise.all(Object.keys(blocks).map(load)).then(function () {
        var rows = best.map(function (one) { return (docs[one[0] >> 7] || [])[one[0] & 127]; }).filter(Boolean);
        rows.total = all.length;
        return rows;
      });
    });
  }

  function start(form) {
    var input = form.querySelector("input"), box = form.querySelector(".results");
    var list = box.querySelector("ul"), status = box.querySelector(".status"), chosen = -1;

    function open(yes) { box.hidden = !yes; input.setAttribute("aria-expanded", String(yes)); }

    function choose(number) {
      var items = list.children;
      if (chosen >= 0 && items[chosen]) items[chosen].setAttribute("aria-selected", "false");
      chosen = items.length ? (number + items.length) % items.length : -1;
      if (chosen >= 0) {
        items[chosen].setAttribute("aria-selected", "true");
        items[chosen].scrollIntoView({ block: "nearest" });
        input.setAttribute("aria-activedescendant", items[chosen].id);
      }
    }

    function show(rows) {
      list.textContent = "";
      chosen = -1;
      input.removeAttribute("aria-activedescendant");
      rows.forEach(function (row, number) {
        var item = document.createElement("li"), link = document.createElement("a");
        var name = document.createElement("b"), about = document.createElement("small");
        item.id = "result-" + number;
        item.setAttribute("role", "option");
        item.setAttribute("aria-selected", "false");
        link.href = root + row[0];
        link.tabIndex = -1;
        item.setAttribute("data-result", row[0]);
        name.textContent = row[1];
        about.textContent = row[2];
        link.append(name, about);
        item.append(link);
        list.append(item);
      });
      status.textContent = rows.length ? rows.total + " found" + (rows.total > rows.length ? ", the best " + rows.length : "") : "Nothing found";
      open(true);
    }

    input.addEventListener("input", function () {
      var mine = ++turn, text = input.value.trim();
      if (text.length < 2) { open(false); return; }
      search(text).then(function (rows) { if (mine === turn) show(rows); });
    });
    input.addEventListener("focus", function () { load("names"); });
    input.addEventListener("keydown", function (event) {
      if (event.key === "ArrowDown") { event.preventDefault(); choose(chosen + 1); }
      else if (event.key === "ArrowUp") { event.preventDefault(); choose(chosen - 1); }
      else if (event.key === "Escape") open(false);
    });
    form.addEventListener("submit", function (event) {
      event.preventDefault();
      var link = list.querySelectorAll("a")[Math.max(chosen, 0)];
      if (!box.hidden && link) location.href = link.href;
    });
    document.addEventListener("click", function (event) { if (!form.contains(event.target)) open(false); });
  }

  document.querySelectorAll("[data-search]").forEach(start);
  document.querySelectorAll(".copy").forEach(function (button) {
    if (!navigator.clipboard) return;
    button.hidden = false;
    button.addEventListener("click", function () {
      navigator.clipboard.writeText(button.closest(".panel").querySelector("code").textContent).then(function () {
        var before = button.innerHTML;
        button.textContent = "Copied";
        setTimeout(function () { button.innerHTML = before; }, 1500);
      });
    });
  });
})();
