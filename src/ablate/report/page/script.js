// The page works without this: sorting, records under the pointer and the theme are what it adds.
'use strict';
(() => {
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const element = (tag, text, className) => {
    const made = document.createElement(tag);
    if (text !== undefined) made.textContent = text;
    if (className) made.className = className;
    return made;
  };
  const say = (text) => { document.getElementById('said').textContent = text; };

  // --- theme: as the system has it, light, dark
  const themes = ['auto', 'light', 'dark'];
  const themeButton = document.getElementById('theme');
  const themeNow = () => document.documentElement.dataset.theme || 'auto';
  const showTheme = () => { themeButton.textContent = 'Theme: ' + themeNow(); };
  themeButton.addEventListener('click', () => {
    const next = themes[(themes.indexOf(themeNow()) + 1) % themes.length];
    if (next === 'auto') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = next;
    try {
      if (next === 'auto') localStorage.removeItem('ablate-theme');
      else localStorage.setItem('ablate-theme', next);
    } catch { /* a page from a file may have no storage */ }
    showTheme();
  });
  showTheme();

  // --- sorting: numbers by value, the rest as text; what has no number goes last
  const keyOf = (row, column) => {
    const cell = row.cells[column];
    return cell.dataset.value === undefined ? cell.textContent : Number(cell.dataset.value);
  };
  const compare = (a, b) => {
    if (typeof a === 'number' && typeof b === 'number') return a - b;
    return String(a).localeCompare(String(b), 'en', { numeric: true });
  };
  const sort = (head) => {
    const table = head.closest('table'), column = head.cellIndex;
    const down = head.getAttribute('aria-sort') === 'ascending';
    for (const other of all('thead th', table)) other.setAttribute('aria-sort', 'none');
    head.setAttribute('aria-sort', down ? 'descending' : 'ascending');
    const body = table.tBodies[0], rows = [...body.rows];
    const numeric = rows.some((row) => row.cells[column].dataset.value !== undefined);
    const lacks = (row) => numeric && row.cells[column].dataset.value === undefined;
    rows.sort((a, b) => lacks(a) - lacks(b) || (down ? -1 : 1) * compare(keyOf(a, column), keyOf(b, column)));
    body.append(...rows);
    say(`sorted by ${head.textContent}, ${down ? 'descending' : 'ascending'}`);
  };
  for (const button of all('table.sortable thead button')) button.addEventListener('click', () => sort(button.closest('th')));

  // --- claims: narrowed to one outcome
  for (const button of all('.filters button'))
    button.addEventListener('click', () => {
      for (const other of all('.filters button')) other.setAttribute('aria-pressed', String(other === button));
      const shown = button.dataset.show;
      for (const row of all('.claims tbody tr')) row.hidden = shown !== '' && row.dataset.outcome !== shown;
      say(`${all('.claims tbody tr:not([hidden])').length} claims shown`);
    });

  // --- the record of a cell, beside what it was asked from
  const cells = JSON.parse(document.getElementById('cells').textContent);
  const card = document.getElementById('card');
  let shownFor = null, pinned = false, leaving = 0;

  const copy = async (text, button) => {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const area = element('textarea', text);
      document.body.append(area);
      area.select();
      document.execCommand('copy');
      area.remove();
    }
    button.textContent = 'Copied';
    say('command copied');
  };
  const rowsOf = (rows, heads) => {
    const table = element('table');
    if (heads) {
      const row = table.createTHead().insertRow();
      for (const head of heads) row.append(element('th', head));
    }
    const body = table.createTBody();
    for (const [name, ...values] of rows) {
      const row = body.insertRow();
      row.append(element('th', name), ...values.map((value) => element('td', value)));
    }
    return table;
  };
  const fill = (target) => {
    const label = target.getAttribute('aria-label');
    const cell = Object.hasOwn(cells, target.dataset.cell || '') ? cells[target.dataset.cell] : null;
    card.replaceChildren();
    card.append(element('h4', cell ? cell.title : label));
    if (!cell) return;
    if (label) card.append(element('p', label));
    for (const flag of cell.flags) card.append(element('p', flag, 'flag'));
    if (cell.clocks.length) card.append(rowsOf(cell.clocks, ['clock', 'median', '95 % interval', '5 to 95 %', 'samples']));
    card.append(element('code', cell.command));
    const button = element('button', 'Copy the command that measures it again');
    button.type = 'button';
    button.addEventListener('click', () => copy(cell.command, button));
    card.append(button, rowsOf(cell.facts));
  };
  /// Below what it tells of, else above, else beside it: never over it.
  const place = (target) => {
    const at = target.getBoundingClientRect(), size = card.getBoundingClientRect(), gap = 10;
    const within = (value, most) => Math.max(gap, Math.min(value, most - gap));
    let left = within(at.left, innerWidth - size.width), top = at.bottom + gap;
    if (top + size.height > innerHeight - gap) top = at.top - gap - size.height;
    if (top < gap) {
      top = within(at.top, innerHeight - size.height);
      left = at.right + gap + size.width < innerWidth ? at.right + gap : Math.max(gap, at.left - gap - size.width);
    }
    card.style.top = `${top}px`;
    card.style.left = `${left}px`;
  };
  const show = (target) => {
    clearTimeout(leaving);
    if (pinned || target === shownFor) return;
    if (shownFor) shownFor.classList.remove('near');
    shownFor = target;
    shownFor.classList.add('near');
    fill(target);
    card.hidden = false;
    place(target);
  };
  const hide = () => {
    clearTimeout(leaving);
    if (shownFor) shownFor.classList.remove('near');
    shownFor = null;
    pinned = false;
    card.hidden = true;
  };
  const leave = () => {
    clearTimeout(leaving);
    if (!pinned) leaving = setTimeout(hide, 250);
  };

  /// The point of a picture that is meant: the one under the pointer, or the nearest within reach.
  const meant = (event) => {
    const direct = event.target.closest('[data-cell], .point');
    if (direct) return direct;
    const figure = event.target.closest('svg.figure');
    if (!figure) return null;
    let best = null, reach = 16;
    for (const point of all('.point', figure)) {
      const box = point.getBoundingClientRect();
      const away = Math.hypot(event.clientX - (box.left + box.right) / 2, event.clientY - (box.top + box.bottom) / 2);
      if (away < reach) [best, reach] = [point, away];
    }
    return best;
  };
  document.addEventListener('pointermove', (event) => {
    if (event.pointerType === 'touch') return;
    if (card.contains(event.target)) return clearTimeout(leaving);
    const target = meant(event);
    if (target) show(target);
    else if (shownFor) leave();
  });
  document.addEventListener('click', (event) => {
    if (card.contains(event.target)) return;
    const target = meant(event);
    const again = target && target === shownFor && pinned;
    hide();
    if (!target || again) return;
    show(target);
    pinned = true;
  });
  document.addEventListener('focusin', (event) => {
    if (card.contains(event.target)) return;
    const target = event.target.closest('[data-cell], .point');
    if (target && target.matches(':focus-visible')) show(target);
    else if (!pinned) hide();
  });
  addEventListener('scroll', () => {
    if (shownFor && (pinned || shownFor.matches(':hover, :focus'))) place(shownFor);
    else hide();
  }, { passive: true });

  // --- the keyboard: one stop for each table and picture, arrows within it, Enter to the card, Escape back
  const reachable = (group) => all('[data-cell][tabindex], .point', group);
  const groupOf = (target) => target.closest('table, svg.figure, ul.grounds');
  const hand = (from, to) => {
    from.tabIndex = -1;
    to.tabIndex = 0;
    to.focus();
  };
  const inColumn = (cell, step) => {
    for (let row = step < 0 ? cell.parentElement.previousElementSibling : cell.parentElement.nextElementSibling; row;
      row = step < 0 ? row.previousElementSibling : row.nextElementSibling) {
      const found = row.cells[cell.cellIndex];
      if (found && found.dataset.cell) return found;
    }
    return null;
  };
  for (const group of all('table.sortable, svg.figure, ul.grounds')) {
    const first = reachable(group).find((item) => groupOf(item) === group);
    if (first) first.tabIndex = 0;
  }
  document.addEventListener('keydown', (event) => {
    if (event.key === 'Escape' && shownFor) {
      const back = shownFor;
      hide();
      back.focus();
      return hide();
    }
    const at = event.target.closest('[data-cell], .point');
    if (!at || card.contains(event.target)) return;
    if (event.key === 'Enter' && shownFor === at) {
      pinned = true;
      const button = card.querySelector('button');
      if (button) button.focus();
      return event.preventDefault();
    }
    const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -1, ArrowDown: 1 };
    if (!(event.key in steps)) return;
    const step = steps[event.key], vertical = event.key === 'ArrowUp' || event.key === 'ArrowDown';
    const items = reachable(groupOf(at)).filter((item) => groupOf(item) === groupOf(at));
    const next = vertical && at.tagName === 'TD' ? inColumn(at, step) : items[items.indexOf(at) + step];
    if (next) hand(at, next);
    event.preventDefault();
  });
})();
