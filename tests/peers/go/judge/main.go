// Command judge reads messages with Go's protobuf and says what is in them: {"cases": [{"message", "hex"}]} comes on
// standard input, {"results": [{"value"} or {"error"}]} goes to standard output. Values are written as in the
// protobuf vectors: fields that are not set are left out; 64-bit integers as decimal strings; NaN, Infinity,
// -Infinity and -0 as strings; bytes as {$hex}; enums as numbers; maps as [key, value] pairs in the order of their keys.
package main

import (
	"encoding/hex"
	"encoding/json"
	"log"
	"math"
	"os"
	"sort"
	"strconv"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	_ "peers/gen/tf" // the messages register themselves
	_ "peers/gen/torch"
)

type judged struct {
	Value map[string]any `json:"value,omitempty"`
	Error string         `json:"error,omitempty"`
}

func main() {
	var asked struct {
		Cases []struct{ Message, Hex string }
	}
	if err := json.NewDecoder(os.Stdin).Decode(&asked); err != nil {
		log.Fatal(err)
	}
	results := make([]judged, len(asked.Cases))
	for i, one := range asked.Cases {
		value, err := read(one.Message, one.Hex)
		if err != nil {
			results[i].Error = err.Error()
		} else {
			results[i].Value = value
		}
	}
	if err := json.NewEncoder(os.Stdout).Encode(map[string]any{"results": results}); err != nil {
		log.Fatal(err)
	}
}

func read(name, digits string) (map[string]any, error) {
	bytes, err := hex.DecodeString(digits)
	if err != nil {
		return nil, err
	}
	found, err := protoregistry.GlobalTypes.FindMessageByName(protoreflect.FullName(name))
	if err != nil {
		return nil, err
	}
	message := found.New()
	if err := proto.Unmarshal(bytes, message.Interface()); err != nil {
		return nil, err
	}
	return fields(message), nil
}

func fields(message protoreflect.Message) map[string]any {
	shown := map[string]any{}
	message.Range(func(field protoreflect.FieldDescriptor, value protoreflect.Value) bool {
		switch {
		case field.IsMap():
			shown[string(field.Name())] = entries(field, value.Map())
		case field.IsList():
			items := make([]any, value.List().Len())
			for i := range items {
				items[i] = plain(field, value.List().Get(i))
			}
			shown[string(field.Name())] = items
		default:
			shown[string(field.Name())] = plain(field, value)
		}
		return true
	})
	return shown
}

// entries is for keys that are text, the only ones that these messages have.
func entries(field protoreflect.FieldDescriptor, held protoreflect.Map) [][2]any {
	pairs := [][2]any{}
	held.Range(func(key protoreflect.MapKey, value protoreflect.Value) bool {
		pairs = append(pairs, [2]any{key.String(), plain(field.MapValue(), value)})
		return true
	})
	sort.Slice(pairs, func(i, j int) bool { return pairs[i][0].(string) < pairs[j][0].(string) })
	return pairs
}

func plain(field protoreflect.FieldDescriptor, value protoreflect.Value) any {
	switch field.Kind() {
	case protoreflect.MessageKind:
		return fields(value.Message())
	case protoreflect.Int64Kind:
		return strconv.FormatInt(value.Int(), 10)
	case protoreflect.FloatKind, protoreflect.DoubleKind:
		return number(value.Float())
	case protoreflect.BytesKind:
		return map[string]string{"$hex": hex.EncodeToString(value.Bytes())}
	case protoreflect.EnumKind:
		return value.Enum()
	default:
		return value.Interface()
	}
}

func number(value float64) any {
	switch {
	case math.IsNaN(value):
		return "NaN"
	case math.IsInf(value, 0):
		return map[bool]string{true: "Infinity", false: "-Infinity"}[value > 0]
	case value == 0 && math.Signbit(value):
		return "-0"
	default:
		return value
	}
}
