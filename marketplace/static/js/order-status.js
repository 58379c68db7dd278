// Shows an order anew as soon as it stands otherwise. Without this file the button "look again" does it.
(function () {
  "use strict";
  const box = document.querySelector("[data-order-status]");
  if (!box) return;

  async function look() {
    if (document.hidden) return;
    try {
      const answer = await fetch(box.dataset.orderStatus, { headers: { Accept: "application/json" } });
      if (!answer.ok) return;
      if ((await answer.json()).mark !== box.dataset.mark) window.location.reload();
    } catch {
      // no network just now: the next look may find it
    }
  }

  window.setInterval(look, 2500);
})();
