// The connection: a websocket, else polling, nothing while the page is hidden. Every message is a whole snapshot.

const POLL_MS = 2000;
const LONGEST_MS = 30000;
const SHORTEST_MS = 300;
// A socket that says nothing for so long is dead, whatever it says of itself.
const SILENT_MS = 10000;

export class Live {
  // `onMessage(message)` for each snapshot; `onState(name)`: live, connecting, polling, lost or paused.
  constructor({ socket, poll, onMessage, onState }) {
    this.url = new URL(socket, location.href);
    this.url.protocol = this.url.protocol === "https:" ? "wss:" : "ws:";
    this.poll = poll;
    this.onMessage = onMessage;
    this.onState = onState;
    this.failures = 0;
    this.socket = null;
    this.timers = {};
    document.addEventListener("visibilitychange", () => (document.hidden ? this.pause() : this.start()));
  }

  start() {
    if (document.hidden) return this.pause();
    this.failures = 0;
    this.connect();
  }

  pause() {
    Object.values(this.timers).forEach(clearTimeout);
    this.timers = {};
    this.drop();
    this.onState("paused");
  }

  drop() {
    const socket = this.socket;
    this.socket = null;
    if (socket) socket.close();
  }

  connect() {
    this.drop();
    if (!this.timers.poll) this.onState("connecting");
    const socket = (this.socket = new WebSocket(this.url));
    socket.onmessage = (event) => {
      if (socket !== this.socket) return;
      this.failures = 0;
      this.stopPolling();
      this.watch();
      this.onState("live");
      this.onMessage(JSON.parse(event.data));
    };
    socket.onclose = () => socket === this.socket && this.again();
    this.watch();
  }

  watch() {
    clearTimeout(this.timers.silent);
    this.timers.silent = setTimeout(() => this.again(), SILENT_MS);
  }

  // Full jitter: browsers that lost their server together do not come back together.
  again() {
    clearTimeout(this.timers.silent);
    this.drop();
    const most = Math.min(LONGEST_MS, 1000 * 2 ** this.failures++);
    clearTimeout(this.timers.connect);
    this.timers.connect = setTimeout(() => this.connect(), SHORTEST_MS + Math.random() * most);
    if (!this.timers.poll) this.ask();
  }

  stopPolling() {
    clearTimeout(this.timers.poll);
    delete this.timers.poll;
  }

  async ask() {
    this.timers.poll = setTimeout(() => this.ask(), POLL_MS);
    try {
      const response = await fetch(this.poll, { signal: AbortSignal.timeout(POLL_MS * 2) });
      if (!response.ok) throw new Error(response.status);
      const message = await response.json();
      if (!this.timers.poll) return;
      this.onState("polling");
      this.onMessage(message);
    } catch {
      if (this.timers.poll) this.onState("lost");
    }
  }
}
