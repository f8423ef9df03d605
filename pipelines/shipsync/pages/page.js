"use strict";
// Search in a table, take it as CSV, open the definition that a link leads to, tell a mark of a chart on hovering.
for (const block of document.querySelectorAll("section.block")) {
  const table = block.querySelector("table");
  if (!table) continue;
  const rows = [...table.tBodies[0].rows];
  const field = block.querySelector("input[type=search]");
  const count = block.querySelector(".count");
  const all = count.textContent;
  field.addEventListener("input", () => {
    const wanted = field.value.trim().toLowerCase();
    let shown = 0;
    for (const row of rows) {
      row.hidden = !row.textContent.toLowerCase().includes(wanted);
      shown += row.hidden ? 0 : 1;
    }
    count.textContent = wanted ? `${shown} of ${all}` : all;
  });
  block.querySelector("[data-csv]").addEventListener("click", (event) => {
    // A cell that a spreadsheet would take for a formula is led by an apostrophe.
    const quoted = (cell) => {
      const time = cell.querySelector("time");
      const text = time ? time.dateTime : cell.textContent;
      const safe = /^[=+@\t\r]|^-(?![\d.,]+( %| [A-Z]{3})?$)/.test(text) ? `'${text}` : text;
      return `"${safe.replaceAll('"', '""')}"`;
    };
    const lines = [table.tHead.rows[0], ...rows.filter((row) => !row.hidden)];
    const text = lines.map((row) => [...row.cells].map(quoted).join(",")).join("\r\n") + "\r\n";
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob(["\ufeff", text], { type: "text/csv" }));
    link.download = event.currentTarget.dataset.csv;
    link.click();
    URL.revokeObjectURL(link.href);
  });
}
const open = () => {
  const target = location.hash && document.getElementById(location.hash.slice(1));
  if (target && target.tagName === "DETAILS") target.open = true;
};
addEventListener("hashchange", open);
open();
const tip = document.createElement("div");
tip.className = "tip";
tip.hidden = true;
document.body.append(tip);
document.addEventListener("pointermove", (event) => {
  const mark = event.target.closest && event.target.closest(".picture [aria-roledescription]");
  const text = mark && mark.getAttribute("aria-label");
  tip.hidden = !text || mark.getAttribute("role") === "graphics-object";
  if (tip.hidden) return;
  tip.textContent = text;
  tip.style.left = `${Math.min(event.clientX + 12, innerWidth - tip.offsetWidth - 8)}px`;
  tip.style.top = `${event.clientY + 14}px`;
});
document.querySelector('[aria-current="page"]')?.scrollIntoView({ block: "nearest", inline: "center" });
