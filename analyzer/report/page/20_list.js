/* A list of very many rows of equal height: only those in view are elements. SPDX-License-Identifier: Apache-2.0 */
class RowList {
	/* make(item) returns the children of a row; chosen(item) is called when one is chosen. The height is for a scale of 1. */
	constructor(label, height, make, chosen) {
		Object.assign(this, { label, plainHeight: height, make, chosen, items: [], at: -1, rows: new Map() });
		this.inner = h("div", { role: "none" });
		this.element = h("div", { cls: "list", tabindex: "0", role: "listbox", "aria-label": label, onscroll: () => this.draw(), onkeydown: (event) => this.key(event) }, this.inner);
		this.none = h("p", { cls: "dim", hidden: true }, "nothing matches this filter");
		new ResizeObserver(() => (this.measured() === this.height ? this.draw() : this.show(this.items, this.at))).observe(this.element);
	}

	measured() { return Math.round(this.plainHeight * scale()); }

	show(items, at) {
		this.height = this.measured();
		this.items = items;
		this.at = items.length ? Math.max(0, at) : -1;
		this.element.hidden = items.length === 0;
		this.none.hidden = items.length > 0;
		this.inner.style.height = items.length * this.height + "px";
		this.element.style.maxHeight = items.length * this.height + 2 + "px";
		for (const row of this.rows.values()) row.remove();
		this.rows.clear();
		this.draw();
	}

	draw() {
		const from = Math.max(0, Math.floor(this.element.scrollTop / this.height) - 3);
		const to = Math.min(this.items.length, Math.ceil((this.element.scrollTop + this.element.clientHeight) / this.height) + 3);
		for (const [n, row] of this.rows)
			if (n < from || n >= to) {
				row.remove();
				this.rows.delete(n);
			}
		for (let n = from; n < to; n++) if (!this.rows.has(n)) this.rows.set(n, this.inner.appendChild(this.row(n)));
		const row = this.rows.get(this.at);
		if (row) this.element.setAttribute("aria-activedescendant", row.id);
		else this.element.removeAttribute("aria-activedescendant");
	}

	row(n) {
		const row = h("div", { cls: "row", role: "option", id: "row-" + n, "aria-selected": String(n === this.at), "aria-posinset": String(n + 1),
			"aria-setsize": String(this.items.length), onclick: () => this.choose(n) }, this.make(this.items[n]));
		row.style.top = n * this.height + "px";
		row.style.height = this.height + "px";
		return row;
	}

	reveal(n) {
		const top = n * this.height, box = this.element;
		if (top < box.scrollTop) box.scrollTop = top;
		else if (top + this.height > box.scrollTop + box.clientHeight) box.scrollTop = top + this.height - box.clientHeight;
	}

	choose(n) {
		this.rows.get(this.at)?.setAttribute("aria-selected", "false");
		this.at = n;
		this.reveal(n);
		this.draw();
		this.rows.get(n)?.setAttribute("aria-selected", "true");
		this.chosen(this.items[n]);
	}

	key(event) {
		const page = Math.max(1, Math.floor(this.element.clientHeight / this.height) - 1);
		const to = { ArrowDown: this.at + 1, ArrowUp: this.at - 1, PageDown: this.at + page, PageUp: this.at - page, Home: 0, End: this.items.length - 1 }[event.key];
		if (to === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
		event.preventDefault();
		this.choose(Math.max(0, Math.min(this.items.length - 1, to)));
	}
}
