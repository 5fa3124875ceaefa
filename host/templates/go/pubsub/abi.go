package pubsub

import (
	"runtime"
	"unsafe"
)

// The component model's canonical ABI: how values of the contract lie in memory and in arguments.

//go:wasmimport wasi:pubsub/data-basic@0.1.0 publish
func importPublish(topic unsafe.Pointer, topicLen uint32, id unsafe.Pointer, idLen uint32, source unsafe.Pointer,
	sourceLen uint32, eventType unsafe.Pointer, typeLen uint32, data unsafe.Pointer, dataLen uint32, result unsafe.Pointer)

//go:wasmimport wasi:logging/logging@0.1.0-draft log
func importLog(level uint32, context unsafe.Pointer, contextLen uint32, text unsafe.Pointer, textLen uint32)

// The memory of a result<_, error>, as 32-bit words: the tag, the error's case, its text's address and length.
type resultWords [4]uint32

var (
	// What the host allocated for the arguments of the call under way; a collector does not see the host's addresses.
	held [][]uint64
	// What the last handler returned lives until the next call.
	returned     resultWords
	returnedText []byte
)

// Memory for what the runtime itself needs before Go's heap is there.
var (
	early     [192 * 1024]byte
	earlyUsed uintptr
	started   bool
)

func init() {
	started = true
}

//go:wasmexport cabi_realloc
//go:nosplit
func cabiRealloc(old unsafe.Pointer, oldSize, align, size uint32) unsafe.Pointer {
	if !started {
		at := (uintptr(unsafe.Pointer(&early[0])) + earlyUsed + uintptr(align) - 1) &^ (uintptr(align) - 1)
		earlyUsed = at + uintptr(size) - uintptr(unsafe.Pointer(&early[0]))
		_ = early[earlyUsed-1]
		return unsafe.Pointer(at)
	}
	return allocate(old, oldSize, size)
}

func allocate(old unsafe.Pointer, oldSize, size uint32) unsafe.Pointer {
	words := make([]uint64, size/8+1)
	if old != nil {
		copy(unsafe.Slice((*byte)(unsafe.Pointer(&words[0])), size), unsafe.Slice((*byte)(old), oldSize))
	}
	held = append(held, words)
	return unsafe.Pointer(&words[0])
}

func stringAt(at unsafe.Pointer, length uint32) string {
	return string(unsafe.Slice((*byte)(at), length))
}

//go:wasmexport wasi:pubsub/data-on-message@0.1.0#on-message
func exportOnMessage(id unsafe.Pointer, idLen uint32, source unsafe.Pointer, sourceLen uint32, eventType unsafe.Pointer,
	typeLen uint32, data unsafe.Pointer, dataLen uint32) unsafe.Pointer {
	message := Event{
		ID:     stringAt(id, idLen),
		Source: stringAt(source, sourceLen),
		Type:   stringAt(eventType, typeLen),
		Data:   []byte(stringAt(data, dataLen)),
	}
	clear(held)
	held = held[:0]
	returned = resultWords{}
	if err := handle(message); err != nil {
		returnedText = []byte(err.Text)
		address := uint32(uintptr(unsafe.Pointer(unsafe.SliceData(returnedText))))
		returned = resultWords{1, uint32(err.Kind), address, uint32(len(returnedText))}
	}
	return unsafe.Pointer(&returned)
}

// Publish returns once the broker has acknowledged the event at the QoS of its route, or, in a transaction, once it is
// part of what takes effect when the handler succeeds. Its error is an *Error.
func Publish(topic string, message Event) error {
	var answer resultWords
	importPublish(at(topic), length(topic), at(message.ID), length(message.ID), at(message.Source), length(message.Source),
		at(message.Type), length(message.Type), unsafe.Pointer(unsafe.SliceData(message.Data)), uint32(len(message.Data)),
		unsafe.Pointer(&answer))
	runtime.KeepAlive(message)
	if answer[0]&0xff == 0 {
		return nil
	}
	kind := Kind(answer[1] & 0xff)
	if kind == Timeout {
		return &Error{Kind: kind}
	}
	return &Error{kind, stringAt(unsafe.Pointer(uintptr(answer[2])), answer[3])}
}

// Log writes one record; context may be empty.
func Log(level Level, context, text string) {
	importLog(uint32(level), at(context), length(context), at(text), length(text))
}

func at(text string) unsafe.Pointer {
	return unsafe.Pointer(unsafe.StringData(text))
}

func length(text string) uint32 {
	return uint32(len(text))
}
