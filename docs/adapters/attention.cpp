// Attention in plain C++ on an instance of seth: a stub for a kernel of your own, f64 and f32.
//
//     g++ -O2 -std=c++17 attention.cpp -o attention
//     seth verify formula.cnf --oracle 'command:./attention {instance} {output}'
//     seth verify formula.cnf --oracle 'command-warm:./attention'
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <iostream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

// A file is the length of a JSON header (8 bytes, little-endian), the header, and the data. No JSON library: what is
// looked for is found as safetensors writes it, without blanks.
struct File {
  std::string header, data;

  explicit File(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    std::uint64_t length = 0;
    if (!in.read(reinterpret_cast<char*>(&length), 8)) throw std::runtime_error("cannot read " + path);
    header.resize(length);
    in.read(header.data(), static_cast<std::streamsize>(length));
    data.assign(std::istreambuf_iterator<char>(in), {});
  }

  // What follows `key` after position `from`.
  const char* after(const std::string& key, std::size_t from = 0) const {
    const std::size_t at = header.find(key, from);
    if (at == std::string::npos) throw std::runtime_error("no " + key + " in the header");
    return header.data() + at + key.size();
  }

  std::size_t entry(const std::string& name) const {
    return static_cast<std::size_t>(after("\"" + name + "\":{") - header.data());
  }

  double scale() const { return std::strtod(after("\"scale\":\""), nullptr); }

  bool hasHeads() const { return header.find("\"layout\":\"") != std::string::npos; }

  std::string dtype() const { return std::string(after("\"dtype\":\"", entry("q")), 3); }
};

template <class T>
struct Matrix {
  std::size_t rows, columns;
  std::vector<T> values;

  Matrix(std::size_t rows, std::size_t columns) : rows(rows), columns(columns), values(rows * columns) {}

  Matrix(const File& file, const std::string& name) {
    char* end;
    rows = std::strtoull(file.after("\"shape\":[", file.entry(name)), &end, 10);
    columns = std::strtoull(end + 1, nullptr, 10);
    values.resize(rows * columns);
    const std::size_t from = std::strtoull(file.after("\"data_offsets\":[", file.entry(name)), nullptr, 10);
    if (from + values.size() * sizeof(T) > file.data.size()) throw std::runtime_error(name + " is cut off");
    std::memcpy(values.data(), file.data.data() + from, values.size() * sizeof(T));
  }

  const T* row(std::size_t i) const { return values.data() + i * columns; }
};

// What you came to test goes here.
template <class T>
Matrix<T> attention(const Matrix<T>& q, const Matrix<T>& k, const Matrix<T>& v, T scale) {
  Matrix<T> out(q.rows, v.columns);
  std::vector<T> logits(k.rows);
  for (std::size_t i = 0; i < q.rows; i++) {
    T most = -INFINITY;
    for (std::size_t j = 0; j < k.rows; j++) {
      T dot = 0;
      for (std::size_t c = 0; c < q.columns; c++) dot += q.row(i)[c] * k.row(j)[c];
      logits[j] = dot * scale;
      most = std::max(most, logits[j]);
    }
    T total = 0;
    T* row = out.values.data() + i * out.columns;
    for (std::size_t tile = 0; tile < k.rows; tile += 128) {  // sums of sums: one long sum in float loses 10 bits
      T part = 0;
      std::vector<T> parts(v.columns);
      for (std::size_t j = tile; j < std::min(tile + 128, k.rows); j++) {
        const T weight = std::exp(logits[j] - most);
        part += weight;
        for (std::size_t c = 0; c < v.columns; c++) parts[c] += weight * v.row(j)[c];
      }
      total += part;
      for (std::size_t c = 0; c < v.columns; c++) row[c] += parts[c];
    }
    for (std::size_t c = 0; c < v.columns; c++) row[c] /= total;
  }
  return out;
}

// NumPy's format, version 1: a magic, the length of a Python dictionary, the dictionary, and the data.
template <class T>
void save(const std::string& path, const Matrix<T>& out) {
  std::string text = "{'descr': '<f" + std::to_string(sizeof(T)) + "', 'fortran_order': False, 'shape': (" +
                     std::to_string(out.rows) + ", " + std::to_string(out.columns) + "), }";
  text.resize((10 + text.size() + 64) / 64 * 64 - 11, ' ');
  text += '\n';
  const char magic[] = {'\x93', 'N', 'U', 'M', 'P', 'Y', 1, 0, static_cast<char>(text.size() & 255),
                        static_cast<char>(text.size() >> 8)};
  std::ofstream file(path, std::ios::binary);
  file.write(magic, sizeof magic) << text;
  file.write(reinterpret_cast<const char*>(out.values.data()),
             static_cast<std::streamsize>(out.values.size() * sizeof(T)));
  if (!file.flush()) throw std::runtime_error("cannot write " + path);
}

template <class T>
void run(const File& file, const std::string& output) {
  const Matrix<T> q(file, "q"), k(file, "k"), v(file, "v");
  save(output, attention(q, k, v, static_cast<T>(file.scale())));
}

void compute(const std::string& instance, const std::string& output) {
  const File file(instance);
  if (file.hasHeads()) throw std::runtime_error("one head at a time here: no --layout");
  if (file.dtype() == "F64") run<double>(file, output);
  else if (file.dtype() == "F32") run<float>(file, output);
  else throw std::runtime_error("no dtype but F64 and F32 here");
}

int main(int count, char** words) {
  if (count == 3) {
    try {
      compute(words[1], words[2]);
    } catch (const std::exception& error) {
      std::cerr << error.what() << "\n";
      return 1;
    }
    return 0;
  }
  std::string line;
  while (std::getline(std::cin, line)) {  // INSTANCE, tab, OUTPUT; one line of answer for each
    const std::size_t tab = line.find('\t');
    const std::string output = line.substr(tab + 1);
    try {
      compute(line.substr(0, tab), output);
      std::cout << "ok " << output << std::endl;
    } catch (const std::exception& error) {
      std::cout << "error " << error.what() << std::endl;
    }
  }
}
