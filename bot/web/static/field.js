// The doorstep in a dead spot: what is filled in stays in this browser until the service says it is kept.
// The page works without this file while there is a signal.
"use strict";

(function () {
  const person = document.body.getAttribute("data-person");
  const token = document.body.getAttribute("data-token");
  const QUEUE = "civility-field-queue-" + person;
  const DRAFT = "civility-field-draft-" + person + "-" + location.pathname;
  const SENT = "civility-field-sent-" + person;
  const SENT_KEPT = 30;
  const line = document.getElementById("queue");
  const form = document.querySelector("form[data-field]");
  const memory = {};
  const asked = window.performance && performance.timing ? performance.timing.navigationStart : Date.now();
  let sending = false;
  let isTouched = false;

  function read(name) {
    if (memory[name]) { return memory[name]; }
    try { return JSON.parse(localStorage.getItem(name) || "[]"); } catch (error) { return []; }
  }
  // A telephone without room keeps it in the open page, which says so.
  function write(name, value) {
    try {
      localStorage.setItem(name, JSON.stringify(value));
      delete memory[name];
    } catch (error) {
      memory[name] = value;
    }
  }
  function forget(name) {
    delete memory[name];
    try { localStorage.removeItem(name); } catch (error) { return; }
  }
  function isUnsafe() { return (memory[QUEUE] || []).length > 0; }
  function seconds() { return Math.floor(Date.now() / 1000); }
  function field(entry, name) {
    const found = entry.fields.filter(function (pair) { return pair[0] === name; });
    return found.length ? found[0][1] : "";
  }
  function fields() {
    const found = [];
    Array.prototype.forEach.call(form.elements, function (one) {
      if (!one.name || one.disabled || one.name === "form_token") { return; }
      if ((one.type === "radio" || one.type === "checkbox") && !one.checked) { return; }
      found.push([one.name, one.value]);
    });
    return found;
  }
  function newKey() {
    const bytes = new Uint8Array(16);
    window.crypto.getRandomValues(bytes);
    return Array.prototype.map.call(bytes, function (one) { return ("0" + one.toString(16)).slice(-2); }).join("");
  }

  function say() {
    const waiting = read(QUEUE);
    if (!line) { return; }
    line.hidden = waiting.length === 0;
    line.className = "queue late";
    line.textContent = "";
    if (!waiting.length) { return; }
    const refused = waiting.filter(function (one) { return one.refused; });
    const words = refused.length ? "　" + field(refused[0], "household") + "：" + refused[0].refused : "";
    const full = isUnsafe() ? "手机存满了，这几份只在这一页里，发出去之前请不要关掉这一页。" : "";
    line.appendChild(document.createTextNode("这部手机里还有 " + waiting.length + " 份没有发出，有信号时自动发送。" + full + words + " "));
    button("现在发送", function () { send(); });
    waiting.filter(function (one) { return one.over; }).forEach(function (one) {
      button("删去 " + field(one, "household") + " 这一份", function () {
        if (!window.confirm("这一份没有存入，删去以后就没有了。要删去吗？")) { return; }
        drop(field(one, "key"));
        say();
      });
      if (!one.next) { return; }
      button("这是另一户，存为 " + one.next, function () { renumber(one); follow(); send(); });
    });
  }
  function button(words, act) {
    const made = document.createElement("button");
    made.type = "button";
    made.className = "plain";
    made.textContent = words;
    made.addEventListener("click", act);
    line.appendChild(made);
  }
  function renumber(entry) {
    write(QUEUE, read(QUEUE).map(function (one) {
      if (field(one, "key") !== field(entry, "key")) { return one; }
      const put = { household: entry.next, seen: "0" };
      const renamed = one.fields.map(function (pair) { return [pair[0], pair[0] in put ? put[pair[0]] : pair[1]]; });
      return { url: one.url, fields: renamed, late: true };
    }));
  }
  function drop(key) { write(QUEUE, read(QUEUE).filter(function (one) { return field(one, "key") !== key; })); }

  // For the other tabs, which show what the service knew when they were opened.
  function tell(entry) {
    const slot = entry.fields.filter(function (pair) { return ["key", "household", "seen", "outcome"].indexOf(pair[0]) >= 0; });
    write(SENT, read(SENT).concat([{ url: entry.url, fields: slot, at: Date.now() }]).slice(-SENT_KEPT));
  }

  function encode(entry) {
    const pairs = entry.fields.concat([["form_token", token], ["queued", entry.late ? "yes" : ""], ["clock", String(seconds())]]);
    return pairs.map(function (pair) { return encodeURIComponent(pair[0]) + "=" + encodeURIComponent(pair[1]); }).join("&");
  }

  function send(after) {
    const waiting = read(QUEUE).filter(function (one) { return !one.refused || !(after || one.over); });
    if (sending || !waiting.length) { say(); return; }
    // Only the one that was just stored may come back to be completed: another may be filled in by now.
    waiting.forEach(function (one, at) { one.late = one.late || !after || at < waiting.length - 1; });
    sending = true;
    next(waiting, after);
  }

  function next(waiting, after) {
    const entry = waiting.shift();
    if (!entry) { sending = false; say(); if (after) { after(); } return; }
    const request = new XMLHttpRequest();
    request.open("POST", entry.url);
    request.setRequestHeader("Content-Type", "application/x-www-form-urlencoded");
    request.setRequestHeader("Accept", "application/json");
    request.timeout = 20000;
    request.onload = function () {
      const key = field(entry, "key");
      let said = {};
      try { said = JSON.parse(request.responseText); } catch (error) { said = {}; }
      const isAnswer = (request.getResponseHeader("Content-Type") || "").indexOf("application/json") === 0;
      if (request.status === 200 && isAnswer) {
        tell(entry);
        drop(key);
        next(waiting, after);
        return;
      }
      if (request.status === 422 && form && entry.url === location.pathname) {
        drop(key);
        sending = false;
        complete(entry, said.missing);
        say();
        return;
      }
      const isOut = request.status === 401 || request.status === 403;
      // Refused for good, with words: those behind it leave all the same.
      const over = isAnswer && !isOut && request.status >= 400 && request.status < 500 && request.status !== 429;
      write(QUEUE, read(QUEUE).map(function (one) {
        if (field(one, "key") === key) { one.refused = isOut ? "请重新登录，再回到这一页。" : said.words || ""; one.over = over; one.next = said.next; }
        return one;
      }));
      if (over) { next(waiting, after); return; }
      sending = false;
      say();
    };
    request.onerror = request.ontimeout = function () {
      write(QUEUE, read(QUEUE).map(function (one) { one.late = true; return one; }));
      sending = false;
      say();
    };
    request.send(encode(entry));
  }

  function plain(text) { return text.normalize ? text.normalize("NFKC").trim() : text.trim(); }
  function given() {
    const answers = {};
    fields().forEach(function (pair) {
      if (pair[0] !== "answer" && pair[0].indexOf("answer.") !== 0) { return; }
      const id = pair[0] === "answer" ? form.getAttribute("data-first") : pair[0].slice(7);
      const said = plain(pair[1].replace(/^[0-9]{1,2}:/, ""));
      if (said !== "") { (answers[id] = answers[id] || []).push(said); }
    });
    return answers;
  }
  function compare(sign, a, b) {
    switch (sign) {
      case "=": return a === b;
      case "!=": return a !== b;
      case "<": return a < b;
      case "<=": return a <= b;
      case ">": return a > b;
      default: return a >= b;
    }
  }
  function holds(node, answers) {
    if (node.and) { return node.and.every(function (part) { return holds(part, answers); }); }
    if (node.or) { return node.or.some(function (part) { return holds(part, answers); }); }
    if (node.not) { return !holds(node.not, answers); }
    const said = answers[node.q];
    if (!said) { return false; }
    if (node["in"]) { return said.some(function (one) { return node["in"].indexOf(one) >= 0; }); }
    if (!node.sign) { return true; }
    if (said.length !== 1) { return false; }
    const numeric = node.kind === "number" || (node.kind === "scale" && node.sign !== "=" && node.sign !== "!=");
    if (node.kind === "scale" && numeric && node.points.indexOf(said[0]) < 0) { return false; }
    if (numeric && !/^-?[0-9]{1,9}$/.test(said[0])) { return false; }
    return numeric ? compare(node.sign, Number(said[0]), Number(node.value)) : compare(node.sign, said[0], node.value);
  }
  function show() {
    const chosen = form.querySelector("input[name=outcome]:checked");
    const asking = !chosen || chosen.value === "complete" || chosen.value === "partial";
    form.querySelector("[data-interview]").hidden = !asking;
    const answers = given();
    Array.prototype.forEach.call(form.querySelectorAll("[data-when]"), function (one) {
      const applies = holds(JSON.parse(one.getAttribute("data-when")), answers);
      one.hidden = !applies;
      if (applies) { return; }
      const id = one.getAttribute("data-id");
      Object.keys(answers).forEach(function (name) {
        if (name === id || name.indexOf(id + ".") === 0) { delete answers[name]; }
      });
    });
  }

  function restore(kept) {
    const seen = {};
    Array.prototype.forEach.call(form.elements, function (one) {
      if (!one.name || one.name === "form_token") { return; }
      const mine = kept.filter(function (pair) { return pair[0] === one.name; });
      if (one.type === "radio" || one.type === "checkbox") {
        one.checked = mine.some(function (pair) { return pair[1] === one.value; });
      } else if (mine.length) {
        const at = seen[one.name] || 0;
        one.value = mine[Math.min(at, mine.length - 1)][1];
        seen[one.name] = at + 1;
      }
    });
    label();
  }
  // The service says what is still needed: the form comes back as it was sent, with a word at each gap.
  function complete(entry, missing) {
    form.hidden = false;
    isTouched = true;
    restore(entry.fields);
    show();
    mark(missing);
  }
  // What must be answered and is not, by question: in a dead spot nobody else can tell.
  function gaps() {
    const found = {};
    const sent = fields().filter(function (pair) { return pair[1].trim() !== ""; }).map(function (pair) { return pair[0]; });
    Array.prototype.forEach.call(form.querySelectorAll("[data-required]"), function (group) {
      if (group.hidden) { return; }
      Array.prototype.forEach.call(group.querySelectorAll("[name]"), function (one) {
        if (!/\.other$/.test(one.name) && sent.indexOf(one.name) < 0) { found[group.getAttribute("data-id")] = "这一题还没有答。"; }
      });
    });
    return found;
  }
  function clear() {
    Array.prototype.forEach.call(form.querySelectorAll(".hint"), function (one) { one.parentNode.removeChild(one); });
  }
  function mark(missing) {
    clear();
    let first = null;
    Array.prototype.forEach.call(form.querySelectorAll("[data-id]"), function (group) {
      const id = group.getAttribute("data-id");
      const hint = Object.keys(missing).filter(function (one) { return one === id || one.indexOf(id + ".") === 0; })[0];
      if (!hint) { return; }
      const words = document.createElement("p");
      words.className = "hint";
      words.setAttribute("role", "alert");
      words.textContent = missing[hint];
      group.insertBefore(words, group.firstChild);
      first = first || group;
    });
    if (first) { first.scrollIntoView(); }
  }
  function label() {
    const code = form.elements.household.value;
    const unit = form.getAttribute("data-mode") === "household" ? " 户" : " 位";
    form.querySelector("[data-code]").textContent = "第 " + code + unit;
  }
  function ask(outcome) {
    const parts = form.elements.household.value.split("-");
    const chosen = form.querySelector("input[name=outcome][value='" + outcome + "']");
    const lost = chosen.value !== "complete" && !chosen.hasAttribute("data-again");
    const stand = Number(parts[1] || 0);
    const beside = lost && form.getAttribute("data-replaces") === "yes" && stand < 3;
    const ahead = form.getAttribute("data-next");
    const isRevisit = form.elements.household.value !== ahead;
    const number = beside ? parts[0] : ("00" + (Number(parts[0]) + 1)).slice(-Math.max(3, String(Number(parts[0]) + 1).length));
    form.reset();
    clear();
    // After a household that was open, the walk goes on where it had come to.
    form.elements.household.value = isRevisit ? ahead : beside ? number + "-" + (stand + 1) : number;
    form.setAttribute("data-next", form.elements.household.value);
    form.elements.key.value = newKey();
    form.elements.seen.value = "0";
    form.elements.began.value = seconds();
    form.elements.ended.value = "";
    const way = form.querySelector("[data-way]");
    if (way) { way.textContent = beside && !isRevisit ? "刚才那一户的隔壁" : "按走法的下一户"; }
    isTouched = false;
    label();
    show();
    window.scrollTo(0, 0);
  }
  // Another tab has stored the visit that this form shows: where nothing is filled in yet, the walk goes on here too.
  function follow() {
    if (!form || isTouched || document.querySelector("[role=alert]")) { return; }
    const late = read(SENT).filter(function (one) { return one.at >= asked; });
    late.concat(read(QUEUE)).forEach(function (one) {
      const isMine = one.url === location.pathname && field(one, "key") !== form.elements.key.value;
      const isSame = field(one, "household") === form.elements.household.value && field(one, "seen") === form.elements.seen.value;
      if (isMine && isSame && !one.over) { ask(field(one, "outcome")); }
    });
  }

  if (form) {
    const kept = read(DRAFT);
    if (!document.querySelector("[role=alert]")) { form.elements.began.value = seconds(); }
    if (kept.length && !read(QUEUE).some(function (one) { return field(one, "key") === kept.filter(function (pair) { return pair[0] === "key"; })[0][1]; }) && !document.querySelector("[role=alert]")) {
      restore(kept);
      isTouched = true;
    }
    follow();
    form.addEventListener("input", function () { isTouched = true; show(); write(DRAFT, fields()); });
    window.addEventListener("storage", function () { follow(); say(); });
    document.addEventListener("visibilitychange", function () { follow(); say(); });
    form.addEventListener("change", show);
    form.addEventListener("submit", function (event) {
      const chosen = form.querySelector("input[name=outcome]:checked");
      if (!chosen) { return; }
      if (!form.querySelector("[data-interview]").hidden && !form.elements.agreed.checked) { return; }
      const missing = chosen.value === "complete" ? gaps() : {};
      if (Object.keys(missing).length) { event.preventDefault(); mark(missing); return; }
      const interviews = read(QUEUE).filter(function (one) { return one.url === location.pathname && field(one, "outcome") === "complete"; });
      form.elements.ended.value = seconds();
      write(QUEUE, read(QUEUE).concat([{ url: location.pathname, fields: fields() }]));
      forget(DRAFT);
      event.preventDefault();
      const left = Number(form.getAttribute("data-left")) - interviews.length - (chosen.value === "complete" ? 1 : 0);
      ask(chosen.value);
      if (left <= 0) { form.hidden = true; }
      send(function () { location.assign(location.pathname); });
    });
    show();
  }
  if (form && navigator.serviceWorker) {
    // Where it may not be had (a private window), a reload in a dead spot shows the browser's own words.
    navigator.serviceWorker.register("/office/field-worker.js", { scope: "/office/field" }).catch(function () { return; });
  }
  window.addEventListener("beforeunload", function (event) {
    if (isUnsafe()) { event.preventDefault(); event.returnValue = ""; }
  });
  window.addEventListener("online", function () { send(); });
  window.setInterval(function () { send(); }, 20000);
  say();
  send();
})();
