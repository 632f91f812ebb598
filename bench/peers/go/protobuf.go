//go:build !eas

package main

import (
	"log"

	"google.golang.org/protobuf/proto"
)

// write does what every program has to do that speaks the format.
func write(signature string, inputs []input) []byte {
	written, err := proto.Marshal(build(signature, inputs))
	if err != nil {
		log.Fatal(err)
	}
	return written
}
