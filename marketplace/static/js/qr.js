// Draws a QR code on the phone itself, for the till without network. ISO/IEC 18004, one size for all payloads of
// VietQR (at most 130 signs): version 8 (49 x 49), error correction M, bytes, mask 0. Readers take any mask.
// Own code, because the picture must be made on the phone without network: no page may load a script from elsewhere,
// and no Python package that we use carries one. A foreign reader (zxing-cpp) reads what it draws in
// tests/journeys/test_a_stall_without_network.py.
"use strict";

const Qr = (() => {
  const SIZE = 49, DATA = [38, 38, 39, 39], CHECK = 22, LONGEST = 152, CENTRES = [6, 24, 42];
  const POWER = new Uint8Array(512), LOG = new Uint8Array(256);
  for (let place = 0, value = 1; place < 255; place++) {
    POWER[place] = POWER[place + 255] = value;
    LOG[value] = place;
    value = (value << 1) ^ (value & 128 ? 0x11d : 0);
  }
  const times = (a, b) => (a && b ? POWER[LOG[a] + LOG[b]] : 0);

  // The generator polynomial of the check bytes, highest power left out.
  const generator = (() => {
    let found = [1];
    for (let root = 0; root < CHECK; root++) {
      found = [...found, 0].map((factor, place) => factor ^ (place ? times(found[place - 1], POWER[root]) : 0));
    }
    return found.slice(1);
  })();

  const checkOf = (block) => {
    const rest = new Array(CHECK).fill(0);
    for (const byte of block) {
      const factor = byte ^ rest.shift();
      rest.push(0);
      generator.forEach((known, place) => { rest[place] ^= times(known, factor); });
    }
    return rest;
  };

  // Mode, length and text as bytes, filled up; then the blocks and their check bytes, byte by byte in turn.
  function codewords(text) {
    const bytes = new TextEncoder().encode(text);
    if (bytes.length > LONGEST) throw new RangeError("too long for this QR code");
    const nibbles = [4, bytes.length >> 4, bytes.length & 15];
    for (const byte of bytes) nibbles.push(byte >> 4, byte & 15);
    nibbles.push(0);
    const data = [];
    for (let place = 0; place < nibbles.length; place += 2) data.push((nibbles[place] << 4) | nibbles[place + 1]);
    const whole = DATA.reduce((sum, size) => sum + size, 0);
    for (let fill = 0xec; data.length < whole; fill ^= 0xec ^ 0x11) data.push(fill);
    let start = 0;
    const blocks = DATA.map((size) => data.slice(start, (start += size)));
    const checks = blocks.map(checkOf);
    const inTurn = (lists) => lists.at(-1).flatMap((_, place) => lists.filter((list) => place < list.length).map((list) => list[place]));
    return [...inTurn(blocks), ...inTurn(checks)];
  }

  // Dark is 1, light 0, still free null.
  function frame() {
    const grid = Array.from({ length: SIZE }, () => new Array(SIZE).fill(null));
    const ring = (row, column, reach) => {
      for (let down = -reach; down <= reach; down++) for (let right = -reach; right <= reach; right++) {
        const far = Math.max(Math.abs(down), Math.abs(right));
        if (grid[row + down]?.[column + right] !== undefined) grid[row + down][column + right] = reach === 4 ? Number(far !== 2 && far !== 4) : Number(far !== 1);
      }
    };
    for (const [row, column] of [[3, 3], [3, SIZE - 4], [SIZE - 4, 3]]) ring(row, column, 4);
    for (const row of CENTRES) for (const column of CENTRES) if (grid[row][column] === null) ring(row, column, 2);
    for (let place = 8; place < SIZE - 8; place++) {
      grid[6][place] ??= 1 - (place & 1);
      grid[place][6] ??= 1 - (place & 1);
    }
    remainders(grid);
    return grid;
  }

  // What the code says of itself: M and mask 0 (15 bits, twice), version 8 (18 bits, twice), each with its check bits.
  function remainders(grid) {
    const rest = (value, divisor, bits) => {
      let found = value << bits;
      for (let bit = 31 - Math.clz32(found); bit >= bits; bit = 31 - Math.clz32(found)) found ^= divisor << (bit - bits);
      return (value << bits) | found;
    };
    const format = 0x5412, version = rest(8, 0x1f25, 12); // M is 00, mask 000: nothing but the pattern laid over it
    for (let bit = 0; bit < 15; bit++) {
      const dark = (format >> bit) & 1;
      const beside = bit < 6 ? [bit, 8] : bit < 8 ? [bit + 1, 8] : bit === 8 ? [8, 7] : [8, 14 - bit];
      grid[beside[0]][beside[1]] = dark;
      if (bit < 8) grid[8][SIZE - 1 - bit] = dark;
      else grid[SIZE - 15 + bit][8] = dark;
    }
    grid[SIZE - 8][8] = 1;
    for (let bit = 0; bit < 18; bit++) {
      const dark = (version >> bit) & 1, along = Math.floor(bit / 3), across = SIZE - 11 + (bit % 3);
      grid[along][across] = grid[across][along] = dark;
    }
  }

  // Two columns at a time, from the right, upwards and downwards in turn, past the column of the clock.
  function fill(grid, bytes) {
    let bit = 0, upwards = true;
    for (let right = SIZE - 1; right > 0; right -= 2) {
      if (right === 6) right = 5;
      for (let step = 0; step < SIZE; step++) {
        const row = upwards ? SIZE - 1 - step : step;
        for (const column of [right, right - 1]) {
          if (grid[row][column] !== null) continue;
          const dark = bit < bytes.length * 8 ? (bytes[bit >> 3] >> (7 - (bit & 7))) & 1 : 0;
          grid[row][column] = dark ^ Number((row + column) % 2 === 0);
          bit++;
        }
      }
      upwards = !upwards;
    }
    return grid;
  }

  const grid = (text) => fill(frame(), codewords(text));

  function svg(text, title) {
    const make = (name, facts) => {
      const element = document.createElementNS("http://www.w3.org/2000/svg", name);
      for (const [fact, value] of Object.entries(facts)) element.setAttribute(fact, value);
      return element;
    };
    const rows = grid(text).map((row, y) => row.map((dark, x) => (dark ? `M${x + 4} ${y + 4}h1v1h-1z` : "")).join("")).join("");
    const side = SIZE + 8, drawing = make("svg", { viewBox: `0 0 ${side} ${side}`, role: "img", class: "qr", "aria-label": title });
    drawing.append(make("rect", { width: side, height: side, fill: "#fff" }), make("path", { d: rows, fill: "#000", "shape-rendering": "crispEdges" }));
    return drawing;
  }

  // The payload's own check, CRC-16/CCITT-FALSE, as VietQR writes it.
  function checksum(text) {
    let crc = 0xffff;
    for (const byte of new TextEncoder().encode(text)) {
      crc ^= byte << 8;
      for (let bit = 0; bit < 8; bit++) crc = ((crc << 1) ^ (crc & 0x8000 ? 0x1021 : 0)) & 0xffff;
    }
    return crc.toString(16).toUpperCase().padStart(4, "0");
  }

  return { grid, svg, checksum };
})();
if (typeof module !== "undefined") module.exports = Qr;
