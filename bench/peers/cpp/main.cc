// Times C++ protobuf on the payloads that its arguments name, files of one folder: measure FOLDER ID…. For each line
// "build ID 12ms", "serialize ID 12ms" or "parse ID 12ms" it works for about so long, and answers the nanoseconds of a
// call. All of them write into memory that is allocated already. "rebuild" and "reparse" do it with one message that
// keeps the memory of its arrays from call to call.
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <iostream>
#include <iterator>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "tf_predict.pb.h"

// A tensor as a program has it before anything is written; one of the arrays is used.
struct Input {
  std::string name;
  ArrayDataType dtype = DT_INVALID;
  std::vector<int64_t> shape;
  std::vector<float> floats;
  std::vector<double> doubles;
  std::vector<int64_t> longs;
  std::vector<uint8_t> bytes;  // pixels, and bools
};

struct Job {
  std::function<void()> call;
  long calls = 1;
};

[[noreturn]] void fail(const std::string& id, const char* reason) {
  std::cerr << "Cannot time " << id << ": " << reason << "\n";
  std::exit(1);
}

Input taken(const std::string& name, const ArrayProto& array) {
  Input input{name, array.dtype()};
  input.shape.assign(array.array_shape().dim().begin(), array.array_shape().dim().end());
  input.floats.assign(array.float_val().begin(), array.float_val().end());
  input.doubles.assign(array.double_val().begin(), array.double_val().end());
  input.longs.assign(array.int64_val().begin(), array.int64_val().end());
  input.bytes.assign(array.int_val().begin(), array.int_val().end());
  if (array.dtype() == DT_BOOL) input.bytes.assign(array.bool_val().begin(), array.bool_val().end());
  return input;
}

// Ranges, which protobuf reserves for and copies in one go, are its fastest way in.
void build(PredictRequest& request, const std::string& signature, const std::vector<Input>& inputs) {
  request.set_signature_name(signature);
  for (const Input& input : inputs) {
    ArrayProto& array = (*request.mutable_inputs())[input.name];
    array.set_dtype(input.dtype);
    array.mutable_array_shape()->mutable_dim()->Add(input.shape.begin(), input.shape.end());
    switch (input.dtype) {
      case DT_FLOAT: array.mutable_float_val()->Add(input.floats.begin(), input.floats.end()); break;
      case DT_DOUBLE: array.mutable_double_val()->Add(input.doubles.begin(), input.doubles.end()); break;
      case DT_INT64: array.mutable_int64_val()->Add(input.longs.begin(), input.longs.end()); break;
      case DT_BOOL: array.mutable_bool_val()->Add(input.bytes.begin(), input.bytes.end()); break;
      default: array.mutable_int_val()->Add(input.bytes.begin(), input.bytes.end());
    }
  }
}

// The order of a map's entries is the only thing that is free; here it is that of the keys.
std::string inOrder(const PredictRequest& request) {
  std::string written;
  google::protobuf::io::StringOutputStream stream(&written);
  google::protobuf::io::CodedOutputStream coded(&stream);
  coded.SetSerializationDeterministic(true);
  request.SerializeToCodedStream(&coded);
  coded.Trim();
  return written;
}

bool same(const Input& a, const Input& b) {
  return a.shape == b.shape && a.floats == b.floats && a.doubles == b.doubles && a.longs == b.longs &&
         a.bytes == b.bytes;
}

void add(std::map<std::string, Job>& jobs, const std::string& id, const std::string& written) {
  PredictRequest parsed;
  if (!parsed.ParseFromString(written)) fail(id, "C++ can't read it");
  std::vector<Input> inputs;
  for (const auto& [name, array] : parsed.inputs()) inputs.push_back(taken(name, array));
  const std::string signature = parsed.signature_name();
  PredictRequest built;
  build(built, signature, inputs);
  if (inOrder(built) != written) fail(id, "C++ writes other bytes");
  PredictRequest again;
  again.ParseFromString(inOrder(built));
  for (const Input& input : inputs) {
    if (!same(taken(input.name, again.inputs().at(input.name)), input)) fail(id, "C++ reads other values");
  }
  const int size = written.size();
  auto* buffer = new std::vector<char>(size);  // lasts as long as the program, like the other things below
  auto* kept = new PredictRequest(built);
  auto* reused = new PredictRequest;
  jobs["build " + id].call = [=] {
    PredictRequest request;
    build(request, signature, inputs);
    if (!request.SerializeToArray(buffer->data(), size)) std::abort();
  };
  jobs["serialize " + id].call = [=] {
    if (!kept->SerializeToArray(buffer->data(), size)) std::abort();
  };
  jobs["rebuild " + id].call = [=] {
    reused->Clear();
    build(*reused, signature, inputs);
    if (!reused->SerializeToArray(buffer->data(), size)) std::abort();
  };
  jobs["parse " + id].call = [=] {
    PredictRequest request;
    if (!request.ParseFromArray(written.data(), size)) std::abort();
  };
  jobs["reparse " + id].call = [=] {
    if (!reused->ParseFromArray(written.data(), size)) std::abort();
  };
}

double run(Job& job, double turn) {
  const auto start = std::chrono::steady_clock::now();
  const long calls = job.calls;
  for (long i = 0; i < calls; i++) job.call();
  const double took = std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - start).count();
  job.calls = std::max(1L, static_cast<long>(calls * std::min(turn / took, 10.0)));
  return took / calls;
}

int main(int count, char** arguments) {
  std::map<std::string, Job> jobs;
  for (int i = 2; i < count; i++) {
    std::ifstream file(std::string(arguments[1]) + "/" + arguments[i] + ".pb", std::ios::binary);
    if (!file) fail(arguments[i], "there is no file of it");
    const std::string written{std::istreambuf_iterator<char>(file), {}};
    add(jobs, arguments[i], written);
  }
  std::cout << "ready" << std::endl;
  for (std::string line; std::getline(std::cin, line);) {
    std::istringstream words(line);
    std::string work, id;
    double milliseconds = 0;
    words >> work >> id >> milliseconds;
    std::cout << run(jobs.at(work + " " + id), milliseconds * 1e6) << std::endl;
  }
}
