export const HELP = `host runs WebAssembly components and gives them publish/subscribe over MQTT.

Usage
  host run <app.toml> <component.wasm> [options]   run a component until SIGTERM or SIGINT
  host check <app.toml> [component.wasm]           find out everything that can be found without running
  host broker [--listen URL]                       run the embedded development broker

Options of run
  --with-broker        start the embedded broker for each tcp, mqtt or ws url on loopback where nothing listens
  --state-dir DIR      where the host keeps its identity and journal (default: .host/<name> beside app.toml)
  --log LEVEL          trace, debug, info, warn or error (default: info)
  --log-format FORMAT  auto, text or json (default: auto: text on a terminal, JSON lines elsewhere)

Options of check
  --state-dir DIR      as for run

Options of broker
  --listen URL         tcp://, mqtt:// or ws:// address on loopback; may be repeated (default: tcp://127.0.0.1:1883)

  --help, -h           this text; --version, -V: the version

Exit codes
  0  ok          1  anything else (state_dir, cache, internal errors)
  2  usage or configuration     3  component     4  broker

A first SIGTERM or SIGINT drains: intake stops, running calls end, acknowledgements and publishes are flushed.
A second one exits at once.
`;
