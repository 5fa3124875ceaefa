export const HELP = `host runs WebAssembly components and gives them publish/subscribe over MQTT.

Usage
  host run <app.toml> <component.wasm> [options]   run a component until SIGTERM or SIGINT, or its
                                                   command (wasi:cli/run) to its end
  host check <app.toml> [component.wasm]           find out everything that can be found without running
  host broker [--listen URL]                       run the embedded development broker

  host new <dir> --lang LANG                       make a guest to start from, in LANG: ts, js, rust, python, c or go
  host build [dir]                                 build a JavaScript or TypeScript guest into build/<name>.wasm
  host test <component.wasm> <fixtures>            run recorded messages through a handler, without a broker

  host dlq list <app.toml>                         list dead letters: messages and publishes that were given up
  host dlq show <app.toml> <id…>                   show everything about some of them
  host dlq replay <app.toml> <id… | --all>         hand them to their binding, or to the broker, again
  host dlq purge <app.toml> <id… | --all>          delete them for good
  host state show <app.toml>                       show identity, sessions, and what the journal holds for whom
  host state forget <app.toml> [name…]             delete what the journal of a stopped app holds for a binding, its
                                                   dead letters too, or for a publisher session; without names:
                                                   for all that is gone from app.toml

Options of run
  --with-broker        start the embedded broker for each tcp, mqtt or ws url on loopback where nothing listens
  --state-dir DIR      where the host keeps its identity and journal (default: .host/<name> beside app.toml)
  --log LEVEL          trace, debug, info, warn or error (default: info)
  --log-format FORMAT  auto, text or json (default: auto: text on a terminal, JSON lines elsewhere)

Options of check, dlq and state
  --state-dir DIR      as for run: give the same one
  --binding NAME       of dlq list, and of dlq replay and purge with --all: only dead letters of this binding
  --all                of dlq replay and purge: every dead letter that is there now
  --json               of dlq list and show: a JSON document on a line for each dead letter; of state show: one
  --data               of dlq show: the data of one dead letter, byte for byte, and nothing else
  --force              of state forget: also what app.toml still uses; its messages are lost

Options of build
  --world NAME         which of the worlds in wit/, where there are several
  --out FILE           where the component goes

Options of test
  --app FILE           an app.toml: its grants, handlers, timeouts and [guest] count (default: everything is granted)
  --update             write what happened into the fixtures as what is expected

Options of broker
  --listen URL         tcp://, mqtt:// or ws:// address on loopback; may be repeated (default: tcp://127.0.0.1:1883)

  --help, -h           this text; --version, -V: the version

Exit codes
  0  ok          1  anything else (a test that failed, state_dir, cache, no such dead letter, internal errors)
  2  usage or configuration     3  component     4  broker
  A command's exit code is passed through, and may be any of these: the last line of the log says whose it is.

A first SIGTERM or SIGINT drains: intake stops, running calls end, acknowledgements and publishes are flushed.
A command that waits in receive is ended there.
A second one exits at once.
`;
