// Times oneDNN's convolutions on request, one line for each:
//
//   conv PASS THREADS N C SIZE K FILTER STRIDE PADDING GROUPS BATCH_SECONDS SECONDS
//     ->   {"seconds": of one call, "checksum": of the result, "implementation": "..."}
//
// PASS is forward, backward_input or backward_filter. The library chooses the layouts that it likes best for images, filters and
// outputs, and the algorithm; bringing plain NCHW into these layouts and back is not counted. The first line it writes says who it
// is. It waits for a request without using a processor, and ends with its input.
#include <dnnl.hpp>
#include <omp.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <iostream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <unordered_map>
#include <vector>

using namespace dnnl;
using Tag = memory::format_tag;
using Arguments = std::unordered_map<int, memory>;

struct Request {
  std::string pass;
  memory::dim n, c, size, k, filter, stride, padding, groups;
  int threads;
  double batch_seconds, seconds;
};

class Convolution {
 public:
  explicit Convolution(const Request& r) : engine_(engine::kind::cpu, 0), stream_(engine_) {
    memory::dim out = (r.size + 2 * r.padding - r.filter) / r.stride + 1;
    bool grouped = r.groups > 1;
    memory::dims x{r.n, r.c, r.size, r.size}, y{r.n, r.k, out, out}, b{r.k};
    memory::dims w = grouped ? memory::dims{r.groups, r.k / r.groups, r.c / r.groups, r.filter, r.filter}
                             : memory::dims{r.k, r.c, r.filter, r.filter};
    memory::dims stride{r.stride, r.stride}, padding{r.padding, r.padding};
    Tag filters = grouped ? Tag::goihw : Tag::oihw;
    auto any = [](const memory::dims& d) { return memory::desc(d, memory::data_type::f32, Tag::any); };

    convolution_forward::primitive_desc forward(
        {prop_kind::forward_training, algorithm::convolution_auto, any(x), any(w), any(b), any(y), stride, padding, padding}, engine_);
    if (r.pass == "forward") {
      arguments_ = {{DNNL_ARG_SRC, filled(x, Tag::nchw, 13, forward.src_desc())},
                    {DNNL_ARG_WEIGHTS, filled(w, filters, 11, forward.weights_desc())},
                    {DNNL_ARG_BIAS, filled(b, Tag::x, 5, forward.bias_desc())}};
      finish(DNNL_ARG_DST, y, Tag::nchw, forward.dst_desc());
      primitive_ = convolution_forward(forward);
      implementation_ = forward.impl_info_str();
    } else if (r.pass == "backward_input") {
      convolution_backward_data::primitive_desc backward(
          {algorithm::convolution_auto, any(x), any(w), any(y), stride, padding, padding}, engine_, forward);
      arguments_ = {{DNNL_ARG_WEIGHTS, filled(w, filters, 11, backward.weights_desc())},
                    {DNNL_ARG_DIFF_DST, filled(y, Tag::nchw, 7, backward.diff_dst_desc())}};
      finish(DNNL_ARG_DIFF_SRC, x, Tag::nchw, backward.diff_src_desc());
      primitive_ = convolution_backward_data(backward);
      implementation_ = backward.impl_info_str();
    } else if (r.pass == "backward_filter") {
      convolution_backward_weights::primitive_desc backward(
          {algorithm::convolution_auto, any(x), any(w), any(b), any(y), stride, padding, padding}, engine_, forward);
      arguments_ = {{DNNL_ARG_SRC, filled(x, Tag::nchw, 13, backward.src_desc())},
                    {DNNL_ARG_DIFF_DST, filled(y, Tag::nchw, 7, backward.diff_dst_desc())},
                    {DNNL_ARG_DIFF_BIAS, memory(backward.diff_bias_desc(), engine_)}};
      finish(DNNL_ARG_DIFF_WEIGHTS, w, filters, backward.diff_weights_desc());
      primitive_ = convolution_backward_weights(backward);
      implementation_ = backward.impl_info_str();
    } else {
      throw std::invalid_argument("no such pass: " + r.pass);
    }
  }

  const std::string& implementation() const { return implementation_; }

  void run() {
    primitive_.execute(stream_, arguments_);
    stream_.wait();
  }

  double checksum() {
    run();
    memory plain(plain_result_, engine_);
    copy(result_, plain);
    const float* p = static_cast<const float*>(plain.get_data_handle());
    size_t length = plain_result_.get_size() / sizeof(float);
    double sum = 0;
    for (size_t i = 0; i < length; i++) sum += p[i] * double(i % 31 + 1);
    return sum;
  }

 private:
  // A tensor with the numbers that the project fills its own with, in the layout asked for.
  memory filled(const memory::dims& dims, Tag tag, int period, const memory::desc& wanted) {
    memory plain({dims, memory::data_type::f32, tag}, engine_), laid_out(wanted, engine_);
    float* p = static_cast<float*>(plain.get_data_handle());
    size_t length = plain.get_desc().get_size() / sizeof(float);
    for (size_t i = 0; i < length; i++) p[i] = (i % period) * 0.01f;
    copy(plain, laid_out);
    return laid_out;
  }

  void finish(int argument, const memory::dims& dims, Tag tag, const memory::desc& wanted) {
    plain_result_ = memory::desc(dims, memory::data_type::f32, tag);
    result_ = memory(wanted, engine_);
    arguments_.insert({argument, result_});
  }

  void copy(memory& from, memory& to) {
    reorder(from, to).execute(stream_, from, to);
    stream_.wait();
  }

  engine engine_;
  stream stream_;
  primitive primitive_;
  Arguments arguments_;
  memory result_;
  memory::desc plain_result_;
  std::string implementation_;
};

static double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

static double batch(Convolution& convolution, int repeats) {
  double start = now();
  for (int i = 0; i < repeats; i++) convolution.run();
  return (now() - start) / repeats;
}

// The same best-of timing as Timing.cs.
static double best(Convolution& convolution, double batch_seconds, double turn_seconds) {
  convolution.run();
  int repeats = 1;
  double seconds = batch(convolution, repeats);
  while (seconds * repeats < batch_seconds) {
    repeats = (int)std::ceil(std::min(repeats * 10.0, 1.1 * batch_seconds / seconds));
    seconds = batch(convolution, repeats);
  }
  double least = seconds, start = now();
  for (int i = 1; i < 2 || now() - start < turn_seconds; i++) least = std::min(least, batch(convolution, repeats));
  return least;
}

int main() {
  const version_t* version = dnnl::version();
  printf("{\"version\": \"%d.%d.%d\"}\n", version->major, version->minor, version->patch);
  fflush(stdout);

  std::string line, verb;
  try {
    while (std::getline(std::cin, line)) {
      Request r;
      std::istringstream words(line);
      if (!(words >> verb >> r.pass >> r.threads >> r.n >> r.c >> r.size >> r.k >> r.filter >> r.stride >> r.padding >> r.groups >>
            r.batch_seconds >> r.seconds) || verb != "conv")
        throw std::invalid_argument("not a request: " + line);
      omp_set_num_threads(r.threads);
      Convolution convolution(r);
      double seconds = best(convolution, r.batch_seconds, r.seconds);
      printf("{\"seconds\": %.9g, \"checksum\": %.9g, \"implementation\": \"%s\"}\n", seconds, convolution.checksum(),
             convolution.implementation().c_str());
      fflush(stdout);
    }
  } catch (const std::exception& error) {
    fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
