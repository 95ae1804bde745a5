// In a dead spot a page of the doorstep cannot be loaded: this says so, and that nothing is lost. It keeps no
// page: a form shown a second time would have the key of an interview that is there already.
"use strict";

const PAGE = "<!doctype html><html lang=zh-CN><meta charset=utf-8><meta name=viewport content='width=device-width'>" +
  "<title>没有信号</title><h1>没有信号</h1>" +
  "<p>这一页现在打不开。已经存好的都在这部手机里，一份也没有丢；正在填的那一份也在。有信号时再打开，会自动发送。</p>" +
  "<p><a href=''>再试一次</a></p></html>";

self.addEventListener("install", function () { self.skipWaiting(); });
self.addEventListener("fetch", function (event) {
  if (event.request.mode !== "navigate" || event.request.method !== "GET") { return; }
  event.respondWith(fetch(event.request).catch(function () {
    return new Response(PAGE, { status: 503, headers: { "Content-Type": "text/html; charset=utf-8" } });
  }));
});
