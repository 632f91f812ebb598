// Command clients calls the service from Go: clients URL FOLDER, where the folder has a request of each payload. It does
// what lines tell it: "check CLIENT PAYLOAD" calls once and compares the answer, "run CLIENT PAYLOAD CALLS" calls so
// often, one after the other, and answers how many milliseconds that took; before that it makes a tenth as many calls
// that are not counted.
//
// The client "go" does no more than it must, with net/http and protobuf as they come. The client "go-sdk" is Alibaba's
// SDK for Go where its source is at hand, see sdk.go, and else goes its way, see steps.go.
package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"time"

	"google.golang.org/protobuf/proto"

	"peers/gen/tf"
)

// request is what a program has before anything is written.
type request struct {
	url       string
	id        string
	signature string
	inputs    map[string]*tf.ArrayProto
}

// build shares the floats, which a message holds as they are.
func (r *request) build() *tf.PredictRequest {
	built := &tf.PredictRequest{SignatureName: r.signature, Inputs: make(map[string]*tf.ArrayProto, len(r.inputs))}
	for name, input := range r.inputs {
		built.Inputs[name] = &tf.ArrayProto{
			Dtype:      input.Dtype,
			ArrayShape: &tf.ArrayShape{Dim: input.ArrayShape.Dim},
			FloatVal:   input.FloatVal,
		}
	}
	return built
}

var plain = &http.Client{}

// callPlain is the shortest way.
func callPlain(r *request) (*tf.PredictResponse, error) {
	written, err := proto.Marshal(r.build())
	if err != nil {
		return nil, err
	}
	answer, err := plain.Post(r.url, "application/octet-stream", bytes.NewReader(written))
	if err != nil {
		return nil, err
	}
	return read(answer)
}

func read(answer *http.Response) (*tf.PredictResponse, error) {
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return nil, err
	}
	if answer.StatusCode != 200 {
		return nil, fmt.Errorf("status is %d", answer.StatusCode)
	}
	response := &tf.PredictResponse{}
	return response, proto.Unmarshal(body, response)
}

var clients = map[string]func(*request) (*tf.PredictResponse, error){"go": callPlain, "go-sdk": callSDK}

// The service answers with the arrays that it was sent.
func check(r *request, response *tf.PredictResponse) string {
	same := len(response.Outputs) == len(r.inputs)
	for name, input := range r.inputs {
		output := response.Outputs[name]
		same = same && output != nil && slices.Equal(output.FloatVal, input.FloatVal)
	}
	if !same {
		return "other values"
	}
	return "same"
}

func load(url, folder, id string) *request {
	written, err := os.ReadFile(filepath.Join(folder, id+".request"))
	if err != nil {
		log.Fatal(err)
	}
	message := &tf.PredictRequest{}
	if err := proto.Unmarshal(written, message); err != nil {
		log.Fatal(err)
	}
	return &request{url + "/api/predict/" + id, id, message.SignatureName, message.Inputs}
}

func call(r *request, client string, calls int) (response *tf.PredictResponse) {
	for i := 0; i < calls; i++ {
		var err error
		if response, err = clients[client](r); err != nil {
			log.Fatal(err)
		}
	}
	return response
}

func main() {
	requests := map[string]*request{}
	fmt.Println("ready")
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		command, client, id, calls := "", "", "", 1
		fmt.Sscan(lines.Text(), &command, &client, &id, &calls) // "check" says no number
		if requests[id] == nil {
			requests[id] = load(os.Args[1], os.Args[2], id)
		}
		call(requests[id], client, calls/10) // caches hold what another process did
		start := time.Now()
		response := call(requests[id], client, calls)
		took := time.Since(start)
		if command == "check" {
			fmt.Println(check(requests[id], response))
		} else {
			fmt.Println(float64(took.Nanoseconds()) / 1e6)
		}
	}
}
