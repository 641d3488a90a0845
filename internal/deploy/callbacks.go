package deploy

import (
	"reflect"
	"unsafe"

	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// endCallbacks ends the server through which an engine calls the transforms and hooks of a program that has run. The SDK leaves it to
// the end of the process (sdk v3.250.0 and v3.274.1, pulumi/callback.go: its channel stop is never closed, and nobody takes what it
// says at the end), and with it everything that the program registered: some 5 MB for each run of a region. There is no way to it
// but private fields; where they have other names, nothing is ended.
func endCallbacks(ctx *pulumi.Context) {
	server := private(private(ctx, "state"), "callbacks")
	stop, _ := private(server, "stop").(chan bool)
	handle, _ := private(server, "handle").(rpcutil.ServeHandle)
	if stop == nil || handle.Done == nil {
		return
	}
	close(stop)
	go func() { <-handle.Done }() // the server says that it has ended, and waits until somebody hears it
}

// private is a private field of what a pointer leads to; nil where there is none.
func private(pointer any, name string) any {
	p := reflect.ValueOf(pointer)
	if p.Kind() != reflect.Pointer || p.IsNil() {
		return nil
	}
	f := p.Elem().FieldByName(name)
	if !f.IsValid() {
		return nil
	}
	return reflect.NewAt(f.Type(), unsafe.Pointer(f.UnsafeAddr())).Elem().Interface()
}
