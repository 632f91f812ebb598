//go:build eas

package main

import (
	"log"

	"github.com/pai-eas/eas-golang-sdk/eas"
)

// write has Alibaba's SDK do it, which makes a text of the message that its client makes bytes of again.
func write(signature string, inputs []input) []byte {
	request := eas.TFRequest{}
	request.SetSignatureName(signature)
	for _, one := range inputs {
		switch data := one.data.(type) {
		case []float32:
			request.AddFeedFloat32(one.name, one.shape, data)
		case []float64:
			request.AddFeedFloat64(one.name, one.shape, data)
		case []int64:
			request.AddFeedInt64(one.name, one.shape, data)
		case []bool:
			request.AddFeedBool(one.name, one.shape, data)
		case []uint8:
			pixels := make([]int32, len(data))
			for i, value := range data {
				pixels[i] = int32(value)
			}
			request.AddFeedInt32(one.name, one.shape, pixels)
			request.RequestData.Inputs[one.name].Dtype = one.dtype // it has no method for them
		}
	}
	text, err := request.ToString()
	if err != nil {
		log.Fatal(err)
	}
	return []byte(text)
}
