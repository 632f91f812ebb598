// Command measure times Go's protobuf on the payloads that its arguments name, files of one folder: measure FOLDER ID….
// For each line "build ID 12ms" or "parse ID 12ms" it works for about so long, and answers the nanoseconds of a call.
package main

import (
	"bufio"
	"bytes"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"reflect"
	"time"

	"google.golang.org/protobuf/proto"

	"peers/gen/tf"
)

// input is a tensor as a program has it before anything is written.
type input struct {
	name  string
	dtype tf.ArrayDataType
	shape []int64
	data  any
}

// Where results go, lest the compiler find that nobody needs them.
var sink any

type job struct {
	call  func()
	calls int
}

func main() {
	jobs := map[string]*job{}
	for _, id := range os.Args[2:] {
		written, err := os.ReadFile(filepath.Join(os.Args[1], id+".pb"))
		if err != nil {
			log.Fatal(err)
		}
		signature, inputs := check(id, written)
		jobs["build "+id] = &job{func() { sink = write(signature, inputs) }, 1}
		jobs["parse "+id] = &job{func() { sink = parse(written) }, 1}
	}
	fmt.Println("ready")
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		var work, id string
		var turn float64
		if _, err := fmt.Sscanf(lines.Text(), "%s %s %fms", &work, &id, &turn); err != nil {
			log.Fatal(err)
		}
		fmt.Println(jobs[work+" "+id].run(turn * 1e6))
	}
}

func (j *job) run(turn float64) float64 {
	calls, start := j.calls, time.Now()
	for i := 0; i < calls; i++ {
		j.call()
	}
	took := float64(time.Since(start).Nanoseconds())
	j.calls = max(1, int(float64(calls)*min(turn/took, 10)))
	return took / float64(calls)
}

// check takes a message apart, and sees that it comes out the same when it is written and read again.
func check(id string, written []byte) (string, []input) {
	request := parse(written)
	inputs := []input{}
	for name, array := range request.Inputs {
		inputs = append(inputs, input{name, array.Dtype, array.ArrayShape.Dim, elements(array)})
	}
	again, err := proto.MarshalOptions{Deterministic: true}.Marshal(build(request.SignatureName, inputs))
	if err != nil {
		log.Fatal(err)
	}
	if !bytes.Equal(again, written) {
		log.Fatalf("Cannot time %s: Go writes other bytes", id)
	}
	if !proto.Equal(parse(write(request.SignatureName, inputs)), request) {
		log.Fatalf("Cannot time %s: Go writes another message", id)
	}
	for _, one := range inputs {
		if !reflect.DeepEqual(elements(request.Inputs[one.name]), one.data) {
			log.Fatalf("Cannot time %s: Go reads other values", id)
		}
	}
	return request.SignatureName, inputs
}

func elements(array *tf.ArrayProto) any {
	switch array.Dtype {
	case tf.ArrayDataType_DT_FLOAT:
		return array.FloatVal
	case tf.ArrayDataType_DT_DOUBLE:
		return array.DoubleVal
	case tf.ArrayDataType_DT_INT64:
		return array.Int64Val
	case tf.ArrayDataType_DT_BOOL:
		return array.BoolVal
	default: // pixels, as a program that decodes images has them
		pixels := make([]uint8, len(array.IntVal))
		for i, value := range array.IntVal {
			pixels[i] = uint8(value)
		}
		return pixels
	}
}

// build shares what a message can hold as it is; only pixels need an array of another type.
func build(signature string, inputs []input) *tf.PredictRequest {
	request := &tf.PredictRequest{SignatureName: signature, Inputs: make(map[string]*tf.ArrayProto, len(inputs))}
	for _, one := range inputs {
		array := &tf.ArrayProto{Dtype: one.dtype, ArrayShape: &tf.ArrayShape{Dim: one.shape}}
		switch data := one.data.(type) {
		case []float32:
			array.FloatVal = data
		case []float64:
			array.DoubleVal = data
		case []int64:
			array.Int64Val = data
		case []bool:
			array.BoolVal = data
		case []uint8:
			array.IntVal = make([]int32, len(data))
			for i, value := range data {
				array.IntVal[i] = int32(value)
			}
		}
		request.Inputs[one.name] = array
	}
	return request
}

func parse(written []byte) *tf.PredictRequest {
	request := &tf.PredictRequest{}
	if err := proto.Unmarshal(written, request); err != nil {
		log.Fatal(err)
	}
	return request
}
