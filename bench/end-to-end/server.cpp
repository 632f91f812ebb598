// The service that the clients call: reads a whole request, keeps its body, and answers with bytes it has had from the
// start. A program of its own in C++, since what it takes of the machine's cores is taken from the client, and it must
// be the same for clients in all languages.
//
//   server small=answer.bin iris=answer.json chat=event.sse*10000*10*0 busy=answer.json@16@10@32
//
// answers POST /api/predict/small with the bytes of the file, whose type is that of its name; POST /api/predict/chat with
// a stream of 10,000 times the file, 10 at a time, with pauses of 0 ms; POST /api/predict/busy 16 at a time, each in
// 10 ms, while 32 more wait and others get 450, which is what a full queue is to EAS; GET /last with the body of the latest request;
// and ends with its standard input. It speaks as much HTTP/1.1 as the clients use: keep-alive, bodies with a
// Content-Length.
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

// A body. Memory is kept for the next one, and never cleared, which would cost as much as reading.
struct Body {
  std::unique_ptr<char[]> data;
  size_t size = 0, capacity = 0;

  void resize(size_t wanted) {
    if (wanted > capacity) data.reset(new char[capacity = wanted]);
    size = wanted;
  }
};

// What a service says: a body, or a stream of it, so many times; and how much it can do at once, if that is limited.
struct Answer {
  std::string body, type;
  long times = 0, together = 0, pause = 0;
  long slots = 0, takes = 0, room = 0;
  long working = 0, waiting = 0;
  std::mutex guard;
  std::condition_variable freed;

  // Works, perhaps after a wait; false when there is no room to wait in.
  bool work() {
    std::unique_lock<std::mutex> lock(guard);
    if (working == slots && waiting >= room) return false;
    waiting++;
    freed.wait(lock, [this] { return working < slots; });
    waiting--;
    working++;
    lock.unlock();
    std::this_thread::sleep_for(std::chrono::milliseconds(takes));
    lock.lock();
    working--;
    freed.notify_one();
    return true;
  }
};

static std::map<std::string, Answer> answers;
static Body last;
static std::mutex guard;

static bool send_all(int socket, const char *head, size_t head_size, const char *data, size_t size) {
  iovec parts[2] = {{const_cast<char *>(head), head_size}, {const_cast<char *>(data), size}};
  iovec *part = parts, *end = parts + 2;
  while (part < end) {
    ssize_t sent = writev(socket, part, end - part);
    if (sent <= 0) return false;
    while (part < end && size_t(sent) >= part->iov_len) sent -= part++->iov_len;
    if (part < end) {
      part->iov_base = static_cast<char *>(part->iov_base) + sent;
      part->iov_len -= sent;
    }
  }
  return true;
}

static const char *bytes = "application/octet-stream";

static bool answer(int socket, const char *status, const char *data, size_t size, const char *type = bytes) {
  char head[160];
  int length = snprintf(head, sizeof head, "HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\n\r\n", status,
                        type, size);
  return send_all(socket, head, length, data, size);
}

static std::string chunk(const std::string &text) {
  char length[20];
  snprintf(length, sizeof length, "%zx\r\n", text.size());
  return length + text + "\r\n";
}

static bool stream(int socket, const Answer &said) {
  std::string head = "HTTP/1.1 200 OK\r\nContent-Type: " + said.type + "\r\nTransfer-Encoding: chunked\r\n\r\n";
  if (!send_all(socket, head.data(), head.size(), nullptr, 0)) return false;
  std::string some;
  for (long i = 0; i < said.together; i++) some += said.body;
  std::string part = chunk(some), end = chunk("data: [DONE]\n\n") + "0\r\n\r\n";
  for (long sent = 0; sent < said.times; sent += said.together) {
    if (sent && said.pause) std::this_thread::sleep_for(std::chrono::milliseconds(said.pause));
    if (!send_all(socket, part.data(), part.size(), nullptr, 0)) return false;
  }
  return send_all(socket, end.data(), end.size(), nullptr, 0);
}

// Length of the body that the head of a request announces; -1 for one that comes in chunks.
static long body_length(const char *head) {
  long length = 0;
  for (const char *line = strstr(head, "\r\n"); line && line[2]; line = strstr(line + 2, "\r\n")) {
    if (!strncasecmp(line + 2, "content-length:", 15)) length = atol(line + 17);
    if (!strncasecmp(line + 2, "transfer-encoding:", 18)) return -1;
  }
  return length;
}

static bool respond(int socket, const std::string &head, Body &body) {
  static const std::string service = "POST /api/predict/";
  if (!head.compare(0, service.size(), service)) {
    std::string name = head.substr(service.size(), head.find_first_of(" ?/", service.size()) - service.size());
    auto found = answers.find(name);
    if (found == answers.end()) return answer(socket, "404 Not Found", nullptr, 0);
    {
      std::lock_guard<std::mutex> lock(guard);
      std::swap(last, body);
    }
    Answer &said = found->second;
    if (said.slots && !said.work()) return answer(socket, "450 Queue Full", nullptr, 0);
    if (said.times) return stream(socket, said);
    return answer(socket, "200 OK", said.body.data(), said.body.size(), said.type.c_str());
  }
  std::lock_guard<std::mutex> lock(guard);
  if (!head.compare(0, 10, "GET /last ")) return answer(socket, "200 OK", last.data.get(), last.size);
  return answer(socket, "404 Not Found", nullptr, 0);
}

// One connection, until the client ends it.
static void serve(int socket) {
  int on = 1;
  setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  Body body;
  char head[65537];
  size_t have = 0;
  for (;;) {
    char *end;
    head[have] = 0;
    while (!(end = strstr(head, "\r\n\r\n"))) {
      ssize_t got = have < 65536 ? recv(socket, head + have, 65536 - have, 0) : 0;
      if (got <= 0) return void(close(socket));
      head[have += got] = 0;
    }
    size_t head_size = end + 4 - head;
    end[2] = 0;
    long length = body_length(head);
    if (length < 0) {
      answer(socket, "411 Length Required", nullptr, 0);
      return void(close(socket));
    }
    body.resize(length);
    size_t early = std::min(have - head_size, size_t(length));
    memcpy(body.data.get(), head + head_size, early);
    while (early < size_t(length)) {
      ssize_t got = recv(socket, body.data.get() + early, length - early, MSG_WAITALL);
      if (got <= 0) return void(close(socket));
      early += got;
    }
    std::string line(head, strstr(head, "\r\n") - head);
    // What came after the body, if anything, begins the next request.
    size_t used = std::min(have, head_size + size_t(length));
    memmove(head, head + used, have -= used);
    if (!respond(socket, line, body)) return void(close(socket));
  }
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

// The type of a file, by its name.
static const char *type_of(const std::string &file) {
  std::string end = file.substr(file.rfind('.') + 1);
  return end == "json" ? "application/json" : end == "sse" ? "text/event-stream" : bytes;
}

// Takes NAME=FILE, NAME=FILE*TIMES*TOGETHER*PAUSE or NAME=FILE@SLOTS@TAKES@ROOM.
static bool add(const std::string &argument) {
  size_t sign = argument.find('='), more = std::min(argument.find_first_of("*@", sign), argument.size());
  std::string path = argument.substr(sign + 1, more - sign - 1);
  std::ifstream file(path, std::ios::binary);
  if (sign == std::string::npos || !file) return false;
  Answer &said = answers[argument.substr(0, sign)];
  said.body.assign(std::istreambuf_iterator<char>(file), {});
  said.type = type_of(path);
  const char *rest = argument.c_str() + more;
  return !*rest || sscanf(rest, "*%ld*%ld*%ld", &said.times, &said.together, &said.pause) == 3 ||
         sscanf(rest, "@%ld@%ld@%ld", &said.slots, &said.takes, &said.room) == 3;
}

int main(int count, char **arguments) {
  signal(SIGPIPE, SIG_IGN);
  stay_on_last_core();
  for (int i = 1; i < count; i++) {
    if (!add(arguments[i])) return fprintf(stderr, "Cannot serve %s: no such file\n", arguments[i]), 1;
  }
  int listener = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (bind(listener, reinterpret_cast<sockaddr *>(&address), size) || listen(listener, 256)) return perror("listen"), 1;
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
