// The storage that the clients call: takes whatever comes and throws it away, and sends bytes without an end of their
// own. A program of its own in C++, since what it takes of the machine's cores is taken from the clients, and it must be
// the same for all of them.
//
//   server 1024=1234567890 1048576=987654321
//
// knows the CRC-64 of the first so many bytes of what it sends: 1 MiB of noise, over and over. The object
// noise-1024 has that length; of put-1024 nothing is known but that. It checks no signature; what it answers is what clients of OSS and of S3 need for put, get
// with ranges, head, and uploads in parts. GET /received tells how many bytes of bodies came since it was asked last. It
// ends with its standard input.
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <string>
#include <thread>

static const size_t block_size = 1 << 20;
static char block[block_size];
static std::map<long, std::string> crcs;
static std::atomic<long> received{0};

// What is read of a connection, a buffer at a time.
class Input {
 public:
  explicit Input(int socket) : socket_(socket) {}

  // The head of the next request, with the empty line at its end; empty when there is none.
  std::string head() {
    std::string text;
    for (;;) {
      while (at_ < have_) {
        text += buffer_[at_++];
        if (text.size() >= 4 && !text.compare(text.size() - 4, 4, "\r\n\r\n")) return text;
      }
      if (text.size() > 65536 || !fill()) return "";
    }
  }

  // Throws bytes away.
  bool skip(long count) {
    while (count > 0) {
      if (at_ == have_ && !fill()) return false;
      long step = std::min<long>(count, have_ - at_);
      at_ += step;
      count -= step;
    }
    return true;
  }

  // Throws a body in chunks away; adds its length.
  bool skip_chunks(long &size) {
    for (;;) {
      std::string line;
      while (line.empty() || line.back() != '\n') {
        if (at_ == have_ && !fill()) return false;
        line += buffer_[at_++];
      }
      long length = strtol(line.c_str(), nullptr, 16);
      if (!skip(length + 2)) return false; // with the line's end
      size += length;
      if (length == 0) return true;
    }
  }

 private:
  bool fill() {
    ssize_t got = recv(socket_, buffer_, sizeof buffer_, 0);
    at_ = 0;
    have_ = std::max<ssize_t>(got, 0);
    return got > 0;
  }

  int socket_;
  size_t at_ = 0, have_ = 0;
  char buffer_[256 * 1024];
};

// Value of a header of a request; empty when there is none.
static std::string header(const std::string &head, const char *name) {
  size_t length = strlen(name);
  for (const char *line = strstr(head.c_str(), "\r\n"); line && line[2]; line = strstr(line + 2, "\r\n")) {
    if (strncasecmp(line + 2, name, length) || line[2 + length] != ':') continue;
    const char *value = line + 3 + length;
    while (*value == ' ') value++;
    return std::string(value, strstr(value, "\r\n") - value);
  }
  return "";
}

static bool send_all(int socket, const char *data, size_t size, int flags = 0) {
  while (size) {
    ssize_t sent = send(socket, data, size, flags);
    if (sent <= 0) return false;
    data += sent;
    size -= sent;
  }
  return true;
}

static bool answer(int socket, const char *status, const std::string &headers, const std::string &body) {
  std::string text = std::string("HTTP/1.1 ") + status + "\r\n" + headers + "x-oss-request-id: 5C0FFEE\r\nContent-Length: " +
                     std::to_string(body.size()) + "\r\n\r\n" + body;
  return send_all(socket, text.data(), text.size());
}

// An object, or a range of it.
static bool send_object(int socket, const std::string &head, long size, bool is_noise, bool with_body) {
  long start = 0, end = size;
  std::string range = header(head, "range");
  if (!range.compare(0, 6, "bytes=")) {
    char *rest;
    start = strtol(range.c_str() + 6, &rest, 10);
    if (*rest == '-' && rest[1]) end = std::min(size, strtol(rest + 1, nullptr, 10) + 1);
  }
  std::string text = range.empty() ? "HTTP/1.1 200 OK\r\n" : "HTTP/1.1 206 Partial Content\r\n";
  if (!range.empty()) {
    text += "Content-Range: bytes " + std::to_string(start) + "-" + std::to_string(end - 1) + "/" + std::to_string(size) + "\r\n";
  }
  if (is_noise && crcs.count(size)) text += "x-oss-hash-crc64ecma: " + crcs[size] + "\r\n";
  text += "Content-Type: application/octet-stream\r\nETag: \"5B3C1A2E053D763E1B002CC607C5A0FE\"\r\n"
          "Last-Modified: Fri, 24 Feb 2012 06:07:48 GMT\r\nx-oss-request-id: 5C0FFEE\r\nContent-Length: " +
          std::to_string(end - start) + "\r\n\r\n";
  if (!send_all(socket, text.data(), text.size(), with_body && end > start ? MSG_MORE : 0)) return false;
  for (long at = start; with_body && at < end;) {
    size_t offset = at % block_size, step = std::min<long>(block_size - offset, end - at);
    if (!send_all(socket, block + offset, step)) return false;
    at += step;
  }
  return true;
}

static const char *begun =
    "<InitiateMultipartUploadResult><Bucket>bench</Bucket><Key>k</Key><UploadId>0004B9894A22E5B1888A1E29F823</UploadId>"
    "</InitiateMultipartUploadResult>";
static const char *completed =
    "<CompleteMultipartUploadResult><Location>http://127.0.0.1/bench/k</Location><Bucket>bench</Bucket><Key>k</Key>"
    "<ETag>\"5B3C1A2E053D763E1B002CC607C5A0FE-1\"</ETag></CompleteMultipartUploadResult>";

static bool respond(int socket, const std::string &head) {
  std::string method = head.substr(0, head.find(' '));
  std::string target = head.substr(method.size() + 1, head.find(' ', method.size() + 1) - method.size() - 1);
  size_t mark = target.find('?');
  std::string path = target.substr(0, mark), query = mark == std::string::npos ? "" : target.substr(mark + 1);
  if (path == "/received") return answer(socket, "200 OK", "", std::to_string(received.exchange(0)));
  if (method == "PUT") return answer(socket, "200 OK", "ETag: \"5B3C1A2E053D763E1B002CC607C5A0FE\"\r\n", "");
  if (method == "DELETE") return answer(socket, "204 No Content", "", "");
  const char *xml = "Content-Type: application/xml\r\n";
  if (method == "POST") return answer(socket, "200 OK", xml, query.find("uploadId=") == std::string::npos ? begun : completed);
  size_t dash = path.rfind('-');
  if (dash == std::string::npos) return answer(socket, "404 Not Found", xml, "<Error><Code>NoSuchKey</Code></Error>");
  bool is_noise = path.find("/noise-") != std::string::npos; // else it is what a client has put
  return send_object(socket, head, atol(path.c_str() + dash + 1), is_noise, method == "GET");
}

// One connection, until the client ends it.
static void serve(int socket) {
  int on = 1;
  setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  Input *input = new Input(socket);
  for (;;) {
    std::string head = input->head();
    if (head.empty()) break;
    if (!header(head, "expect").empty() && !send_all(socket, "HTTP/1.1 100 Continue\r\n\r\n", 25)) break;
    long size = 0;
    if (!header(head, "transfer-encoding").empty()) {
      if (!input->skip_chunks(size)) break;
    } else {
      size = atol(header(head, "content-length").c_str());
      if (!input->skip(size)) break;
    }
    received += size;
    if (!respond(socket, head)) break;
  }
  delete input;
  close(socket);
}

// Keeps this program on the last core and the clients' main threads off it: else a scheduler puts both ends of a
// conversation on one core or on two, as it likes, and an exchange of small messages takes 40 us or 90.
static void stay_on_last_core() {
  cpu_set_t cores;
  if (sched_getaffinity(0, sizeof cores, &cores) || CPU_COUNT(&cores) < 2) return;
  int last = CPU_SETSIZE - 1;
  while (!CPU_ISSET(last, &cores)) last--;
  CPU_ZERO(&cores);
  CPU_SET(last, &cores);
  sched_setaffinity(0, sizeof cores, &cores);
}

int main(int count, char **arguments) {
  signal(SIGPIPE, SIG_IGN);
  stay_on_last_core();
  uint32_t state = 1; // the same noise as the parent makes
  for (char &byte : block) byte = (state = state * 1103515245u + 12345u) >> 24;
  for (int i = 1; i < count; i++) {
    std::string argument = arguments[i];
    size_t sign = argument.find('=');
    if (sign != std::string::npos) crcs[atol(argument.c_str())] = argument.substr(sign + 1);
  }
  int listener = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (bind(listener, reinterpret_cast<sockaddr *>(&address), size) || listen(listener, 64)) return perror("listen"), 1;
  getsockname(listener, reinterpret_cast<sockaddr *>(&address), &size);
  printf("listening on http://127.0.0.1:%d\n", ntohs(address.sin_port));
  fflush(stdout);
  std::thread([] {
    while (getchar() != EOF) {}
    _exit(0);
  }).detach();
  for (;;) {
    int socket = accept(listener, nullptr, nullptr);
    if (socket >= 0) std::thread(serve, socket).detach();
  }
}
