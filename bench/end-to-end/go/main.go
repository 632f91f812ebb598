// Command clients calls the service from Go: clients URL FOLDER, where the folder has a request of each payload. It does
// what lines tell it: "check CLIENT PAYLOAD" calls once and compares the answer, "run CLIENT PAYLOAD CALLS IN-FLIGHT"
// calls so often, so many at a time, and answers how many milliseconds that took, and how many of the processor's; before
// that it makes a tenth as many calls that are not counted.
//
// The client "go" does no more than it must, with net/http and protobuf or JSON as they come. The client "go-sdk" is
// Alibaba's SDK for Go where its source is at hand, see sdk.go, and else goes its way, see steps.go.
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
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"google.golang.org/protobuf/proto"

	"peers/gen/tf"
)

// A payload is what a program has before anything is written.
type payload interface {
	// call sends it by a client of that name.
	call(client string) (answer any, err error)
	// isRight tells whether the service answers with what it should.
	isRight(answer any) bool
}

// tensors is a payload of arrays.
type tensors struct {
	url       string
	id        string
	signature string
	inputs    map[string]*tf.ArrayProto
}

// build shares the floats, which a message holds as they are.
func (t *tensors) build() *tf.PredictRequest {
	built := &tf.PredictRequest{SignatureName: t.signature, Inputs: make(map[string]*tf.ArrayProto, len(t.inputs))}
	for name, input := range t.inputs {
		built.Inputs[name] = &tf.ArrayProto{
			Dtype:      input.Dtype,
			ArrayShape: &tf.ArrayShape{Dim: input.ArrayShape.Dim},
			FloatVal:   input.FloatVal,
		}
	}
	return built
}

var plain = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}

// sendPlain is the shortest way.
func sendPlain(url, kind string, body []byte) ([]byte, error) {
	answer, err := plain.Post(url, kind, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	return read(answer)
}

func read(answer *http.Response) ([]byte, error) {
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode != 200 {
		err = fmt.Errorf("status is %d", answer.StatusCode)
	}
	return body, err
}

func (t *tensors) call(client string) (any, error) {
	if client != "go" {
		return predictTensors(t)
	}
	written, err := proto.Marshal(t.build())
	if err != nil {
		return nil, err
	}
	body, err := sendPlain(t.url, "application/octet-stream", written)
	if err != nil {
		return nil, err
	}
	response := &tf.PredictResponse{}
	return response, proto.Unmarshal(body, response)
}

// The service answers with the arrays that it was sent.
func (t *tensors) isRight(answer any) bool {
	outputs := answer.(*tf.PredictResponse).Outputs
	same := len(outputs) == len(t.inputs)
	for name, input := range t.inputs {
		output := outputs[name]
		same = same && output != nil && slices.Equal(output.FloatVal, input.FloatVal)
	}
	return same
}

func load(url, folder, id string) payload {
	url += "/api/predict/" + id
	if id == "json" || strings.HasPrefix(id, "events") {
		return loadText(url, folder, id)
	}
	if strings.HasPrefix(id, "queue") {
		return loadQueue(url, id)
	}
	written, err := os.ReadFile(filepath.Join(folder, id+".request"))
	if err != nil {
		log.Fatal(err)
	}
	message := &tf.PredictRequest{}
	if err := proto.Unmarshal(written, message); err != nil {
		log.Fatal(err)
	}
	return &tensors{url, id, message.SignatureName, message.Inputs}
}

// flood makes so many calls, so many at a time, and returns the last answer of one of them.
func flood(sent payload, client string, calls, inFlight int) (answer any) {
	left := atomic.Int64{}
	left.Store(int64(calls))
	work := func() (last any) {
		for left.Add(-1) >= 0 {
			var err error
			if last, err = sent.call(client); err != nil {
				log.Fatal(err)
			}
		}
		return last
	}
	var others sync.WaitGroup
	for i := 1; i < inFlight; i++ {
		others.Add(1)
		go func() {
			defer others.Done()
			work()
		}()
	}
	answer = work()
	others.Wait()
	return answer
}

// busy is how long the processor has worked for this process.
func busy() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		log.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

func run(sent payload, client string, calls, inFlight int) string {
	flood(sent, client, calls/10, inFlight) // caches hold what another process did
	before, start := busy(), time.Now()
	flood(sent, client, calls, inFlight)
	took := time.Since(start)
	return fmt.Sprint(float64(took.Nanoseconds())/1e6, " ", float64((busy()-before).Nanoseconds())/1e6)
}

func main() {
	payloads := map[string]payload{}
	fmt.Println("ready")
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		command, client, id, calls, inFlight := "", "", "", 1, 1
		fmt.Sscan(lines.Text(), &command, &client, &id, &calls, &inFlight) // "check" says no numbers
		if payloads[id] == nil {
			payloads[id] = load(os.Args[1], os.Args[2], id)
		}
		switch {
		case command == "run":
			fmt.Println(run(payloads[id], client, calls, inFlight))
		case payloads[id].isRight(flood(payloads[id], client, 1, 1)):
			fmt.Println("same")
		default:
			fmt.Println("other values")
		}
	}
}
