// A mochi-mqtt broker that keeps its sessions in badger: mochi LISTEN-ADDRESS DIRECTORY
package main

import (
	"log"
	"os"
	"os/signal"
	"syscall"

	badgerdb "github.com/dgraph-io/badger/v4"
	mqtt "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/hooks/auth"
	"github.com/mochi-mqtt/server/v2/hooks/storage/badger"
	"github.com/mochi-mqtt/server/v2/listeners"
)

func main() {
	address, directory := os.Args[1], os.Args[2]
	capabilities := mqtt.NewDefaultServerCapabilities()
	capabilities.MaximumClientWritesPending = 1 << 16
	// Otherwise a PUBACK carries the publish's properties, and with them the reason code 0x01, which does not exist.
	capabilities.Compatibilities.NoInheritedPropertiesOnAck = true
	server := mqtt.New(&mqtt.Options{Capabilities: capabilities})
	options := badgerdb.DefaultOptions(directory).WithSyncWrites(true)
	for _, err := range []error{
		server.AddHook(new(auth.AllowHook), nil),
		server.AddHook(new(badger.Hook), &badger.Options{Path: directory, Options: &options}),
		server.AddListener(listeners.NewTCP(listeners.Config{ID: "tcp", Address: address})),
		server.Serve(),
	} {
		if err != nil {
			log.Fatal(err)
		}
	}
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM)
	<-signals
	if err := server.Close(); err != nil {
		log.Fatal(err)
	}
}
