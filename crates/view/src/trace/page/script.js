// The page can be read without this. It adds one button, and opens what is printed.
(() => {
  "use strict";
  const all = () => [...document.querySelectorAll("details")];
  const button = document.createElement("button");
  const label = () => (all().every(one => one.open) ? "Close all" : "Open all");
  button.type = "button";
  button.textContent = label();
  button.addEventListener("click", () => {
    const open = !all().every(one => one.open);
    for (const one of all()) one.open = open;
    button.textContent = label();
  });
  document.querySelector(".brand").append(button);
  let closed = [];
  addEventListener("beforeprint", () => {
    closed = all().filter(one => !one.open);
    for (const one of closed) one.open = true;
  });
  addEventListener("afterprint", () => {
    for (const one of closed) one.open = false;
  });
})();
