/* A single-threaded HTTP/1.1 server on loopback for benchmarks: quick enough that clients are measured.
 *
 *   cc -O2 -o loopback loopback.c && ./loopback
 *
 * It takes a free port, prints it, and ends when its standard input does.
 *
 * POST /login            {"user":..,"password":..}   200 {"token":"tok-N",...}
 * POST /orders           {"customer":"x","sku":"y","qty":3}  201 {"id":N,...}   (needs Authorization)
 * GET  /orders/N                                      200 the order, or 404
 * GET  /orders                                        200 {"count":5,"orders":[...]}
 * GET  /stats                                         200 {"requests":N,"connections":N}
 * POST /reset                                         204; counts from 0 and counts a connection when it is used
 * Every route takes ?delay=50: the answer is held back that many milliseconds by a timer; everything else is
 * served meanwhile. GET /stats and POST /reset are not counted.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define IN_MAX 65536
#define OUT_MAX 8192
#define MAX_FD 65536
#define RING 131072 /* orders remembered */
#define WHEEL 65536 /* ms slots */

typedef struct conn {
  int fd, in_len, out_len, out_off, closing, waiting;
  long counted_in; /* the reset after which it was counted */
  char *in, *out;
  struct conn *next_due;
} conn;

typedef struct { char customer[40], sku[24]; int qty; } order;

static conn *conns[MAX_FD];
static order *orders;
static long next_order = 1000, next_token = 1, n_requests, n_conns, generation = 1;
static conn *wheel[WHEEL];
static uint64_t wheel_now;
static long n_timers;
static int ep;

static uint64_t now_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void drop(conn *c) {
  if (c->fd < 0) return;
  conns[c->fd] = NULL;
  close(c->fd);
  c->fd = -1;
  if (!c->waiting) { free(c->in); free(c->out); free(c); }
}

static int flush_out(conn *c) { /* 0 ok, -1 dropped */
  while (c->out_off < c->out_len) {
    ssize_t n = send(c->fd, c->out + c->out_off, c->out_len - c->out_off, MSG_NOSIGNAL);
    if (n > 0) { c->out_off += n; continue; }
    if (n < 0 && errno == EAGAIN) {
      struct epoll_event e = {EPOLLIN | EPOLLOUT, {.ptr = c}};
      epoll_ctl(ep, EPOLL_CTL_MOD, c->fd, &e);
      return 0;
    }
    drop(c);
    return -1;
  }
  c->out_off = c->out_len = 0;
  if (c->closing) { drop(c); return -1; }
  return 0;
}

static void count(conn *c) {
  n_requests++;
  if (c->counted_in == generation) return;
  c->counted_in = generation;
  n_conns++;
}

static void field(const char *body, const char *end, const char *name, char *out, int cap) {
  int n = strlen(name);
  out[0] = 0;
  for (const char *p = body; p + n + 2 < end; p++)
    if (*p == '"' && !strncmp(p + 1, name, n) && p[n + 1] == '"') {
      p += n + 2;
      while (p < end && (*p == ' ' || *p == ':' || *p == '"')) p++;
      int i = 0;
      while (p < end && *p != '"' && *p != ',' && *p != '}' && i < cap - 1) out[i++] = *p++;
      out[i] = 0;
      return;
    }
}

static int order_json(char *o, long id) {
  order *r = &orders[id % RING];
  return sprintf(o,
    "{\"id\":%ld,\"status\":\"created\",\"customer\":\"%s\",\"items\":[{\"sku\":\"%s\",\"qty\":%d,\"price\":10,"
    "\"tags\":[\"new\",\"promo\"]}],\"total\":%d,\"currency\":\"EUR\",\"created_at\":\"2026-01-02T03:04:05Z\"}",
    id, r->customer, r->sku, r->qty, r->qty * 10);
}

/* Parses one request from c->in; returns bytes eaten, 0 if incomplete. */
static int handle(conn *c, int *delay) {
  char *in = c->in;
  in[c->in_len] = 0;
  char *eoh = memmem(in, c->in_len, "\r\n\r\n", 4);
  if (!eoh) return 0;
  char *body = eoh + 4;
  long clen = 0;
  int auth = 0, close_it = 0;
  char *line = memchr(in, '\n', eoh - in + 2);
  for (char *p = line ? line + 1 : eoh; p < eoh;) {
    char *e = memchr(p, '\r', eoh - p + 1);
    if (!e) break;
    char ch = *p | 32;
    if (ch == 'c') {
      if (!strncasecmp(p, "content-length:", 15)) clen = atol(p + 15);
      else if (!strncasecmp(p, "connection:", 11)) { char *q = p + 11; while (*q == ' ') q++; close_it = !strncasecmp(q, "close", 5); }
    } else if (ch == 'a' && !strncasecmp(p, "authorization:", 14)) auth = 1;
    p = e + 2;
  }
  if (clen > IN_MAX / 2) clen = IN_MAX / 2;
  if (body + clen > in + c->in_len) return 0;
  int total = (body - in) + clen;
  char *sp = memchr(in, ' ', eoh - in), *path = sp ? sp + 1 : in;
  char *pe = path;
  while (*pe != ' ' && *pe != '?' && *pe != '\r') pe++;
  *delay = 0;
  if (*pe == '?') {
    char *qe = memchr(pe, ' ', eoh - pe), *d = memmem(pe, (qe ? qe : eoh) - pe, "delay=", 6);
    if (d) *delay = atoi(d + 6);
  }
  int plen = pe - path, post = in[0] == 'P';
  char b[4096];
  int n = 0, code = 200;
#define IS(s) (plen == (int)sizeof(s) - 1 && !memcmp(path, s, sizeof(s) - 1))
  if (!IS("/stats") && !IS("/reset")) count(c);
  if (post && IS("/login")) {
    n = sprintf(b, "{\"token\":\"tok-%ld\",\"expires_in\":3600,\"user\":{\"id\":7,\"name\":\"Ada\",\"roles\":[\"admin\",\"buyer\"]}}", next_token++);
  } else if (post && IS("/orders")) {
    if (!auth) { code = 401; n = sprintf(b, "{\"error\":\"unauthorized\"}"); }
    else {
      long id = next_order++;
      order *r = &orders[id % RING];
      char q[16];
      field(body, body + clen, "customer", r->customer, sizeof r->customer);
      field(body, body + clen, "sku", r->sku, sizeof r->sku);
      field(body, body + clen, "qty", q, sizeof q);
      r->qty = atoi(q);
      code = 201;
      n = order_json(b, id);
    }
  } else if (!post && IS("/orders")) {
    long top = next_order - 1;
    int k = 0;
    char *o = b;
    o += sprintf(o, "{\"orders\":[");
    for (; k < 5; k++) {
      if (k) *o++ = ',';
      o += order_json(o, top - k);
    }
    o += sprintf(o, "],\"count\":%d,\"next\":null}", k);
    n = o - b;
  } else if (!post && plen > 8 && !memcmp(path, "/orders/", 8)) {
    long id = atol(path + 8);
    if (id < next_order && id > 0 && id > next_order - RING) n = order_json(b, id);
    else { code = 404; n = sprintf(b, "{\"error\":\"not found\"}"); }
  } else if (!post && IS("/stats")) {
    n = sprintf(b, "{\"requests\":%ld,\"connections\":%ld}", n_requests, n_conns);
  } else if (post && IS("/reset")) {
    n_requests = n_conns = 0; generation++; code = 204;
  } else { code = 404; n = sprintf(b, "{\"error\":\"no route\"}"); }
  const char *reason = code == 200 ? "OK" : code == 201 ? "Created" : code == 204 ? "No Content" : code == 401 ? "Unauthorized" : "Not Found";
  if (code == 204)
    c->out_len += sprintf(c->out + c->out_len, "HTTP/1.1 204 No Content\r\n\r\n");
  else
    c->out_len += sprintf(c->out + c->out_len,
      "HTTP/1.1 %d %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\nX-Request-Id: r-%ld\r\nServer: loopsrv\r\n\r\n",
      code, reason, n, n_requests);
  memcpy(c->out + c->out_len, b, n);
  c->out_len += n;
  if (close_it) c->closing = 1;
  return total;
}

static void pump(conn *c) {
  for (;;) {
    if (c->waiting || !c->in_len || c->out_len > OUT_MAX - 5000) break;
    int delay = 0, used = handle(c, &delay);
    if (!used) break;
    c->in_len -= used;
    if (c->in_len) memmove(c->in, c->in + used, c->in_len);
    if (delay > 0) {
      if (delay >= WHEEL) delay = WHEEL - 1;
      uint64_t due = now_ms() + delay;
      c->waiting = 1;
      c->next_due = wheel[due % WHEEL];
      wheel[due % WHEEL] = c;
      n_timers++;
      return;
    }
    if (flush_out(c) < 0) return;
  }
  if (c->out_len) flush_out(c);
}

int main(void) {
  int one = 1;
  signal(SIGPIPE, SIG_IGN);
  orders = calloc(RING, sizeof *orders);
  for (int i = 0; i < 1000; i++) { strcpy(orders[i].customer, "seed"); strcpy(orders[i].sku, "A-0"); orders[i].qty = 1; }
  int ls = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  setsockopt(ls, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t a_len = sizeof a;
  if (bind(ls, (void *)&a, sizeof a) || listen(ls, 4096)) { perror("bind"); return 1; }
  getsockname(ls, (void *)&a, &a_len);
  printf("%d\n", ntohs(a.sin_port));
  fflush(stdout);
  ep = epoll_create1(0);
  struct epoll_event e = {EPOLLIN, {.ptr = NULL}}, ev[256], in = {EPOLLIN, {.ptr = &ep}};
  epoll_ctl(ep, EPOLL_CTL_ADD, ls, &e);
  epoll_ctl(ep, EPOLL_CTL_ADD, STDIN_FILENO, &in); /* fails for a file, which then is not watched */
  wheel_now = now_ms();
  for (;;) {
    int n = epoll_wait(ep, ev, 256, n_timers ? 1 : -1);
    for (int i = 0; i < n; i++) {
      conn *c = ev[i].data.ptr;
      if (ev[i].data.ptr == &ep) return 0;
      if (!c) {
        for (;;) {
          int fd = accept4(ls, NULL, NULL, SOCK_NONBLOCK);
          if (fd < 0) break;
          if (fd >= MAX_FD) { close(fd); continue; }
          setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
          c = calloc(1, sizeof *c);
          c->fd = fd; c->in = malloc(IN_MAX + 1); c->out = malloc(OUT_MAX + 8192);
          conns[fd] = c;
          struct epoll_event ce = {EPOLLIN, {.ptr = c}};
          epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ce);
        }
        continue;
      }
      if (ev[i].events & EPOLLOUT) {
        struct epoll_event ce = {EPOLLIN, {.ptr = c}};
        epoll_ctl(ep, EPOLL_CTL_MOD, c->fd, &ce);
        if (!c->waiting && flush_out(c) < 0) continue;
      }
      if (ev[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) {
        ssize_t r = recv(c->fd, c->in + c->in_len, IN_MAX - c->in_len, 0);
        if (r <= 0) { if (r < 0 && errno == EAGAIN) continue; drop(c); continue; }
        c->in_len += r;
        pump(c);
      }
    }
    uint64_t t = now_ms();
    if (!n_timers) wheel_now = t;
    for (; wheel_now < t; ) {
      wheel_now++;
      conn *c = wheel[wheel_now % WHEEL];
      wheel[wheel_now % WHEEL] = NULL;
      while (c) {
        conn *nx = c->next_due;
        n_timers--;
        c->waiting = 0;
        if (c->fd < 0) { free(c->in); free(c->out); free(c); }
        else if (flush_out(c) == 0 && c->in_len) pump(c);
        c = nx;
      }
    }
  }
}
