// Fills the communes of a place picker as soon as a province is chosen. Without this file the button does it.
(function () {
  "use strict";

  async function communesOf(address, province) {
    const found = [];
    let after = "";
    do {
      const query = new URLSearchParams({ parent: province, level: "commune", limit: "100" });
      if (after) query.set("after", after);
      const answer = await fetch(`${address}?${query}`, { headers: { Accept: "application/json" } });
      if (!answer.ok) throw new Error(`status ${answer.status}`);
      const page = await answer.json();
      found.push(...page.items);
      after = page.next;
    } while (after);
    return found.sort((one, other) => one.name.localeCompare(other.name, "vi", { numeric: true }));
  }

  function improve(picker) {
    const province = picker.querySelector("[data-province]");
    const commune = picker.querySelector("[data-commune]");
    const status = picker.querySelector("[data-status]");
    picker.querySelector("[data-step]").hidden = true;
    let asked = "";

    province.addEventListener("change", async () => {
      asked = province.value;
      const mine = asked;
      const first = new Option(picker.dataset.choose, "");
      commune.replaceChildren(first);
      commune.disabled = true;
      status.textContent = mine ? picker.dataset.loading : "";
      if (!mine) return;
      try {
        const found = await communesOf(picker.dataset.places, mine);
        if (mine !== asked) return;
        commune.append(...found.map((unit) => new Option(unit.full_name, unit.code)));
        commune.disabled = false;
        status.textContent = "";
      } catch {
        if (mine === asked) status.textContent = picker.dataset.failed;
      }
    });
  }

  for (const picker of document.querySelectorAll("[data-place-picker]:not([data-improved])")) {
    picker.dataset.improved = "yes";
    improve(picker);
  }
})();
