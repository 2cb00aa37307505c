/* Parses JSON into a tree, and walks through it. */
#include "kernel.h"

#define RECORDS 4000
#define TEXT_BYTES (RECORDS * 256)
#define MAX_VALUES (RECORDS * 24)
#define MAX_DEPTH 64

enum kind { NOTHING, BOOLEAN, NUMBER, STRING, ARRAY, OBJECT };

struct value {
  enum kind kind;
  double number;
  /* Of a string: what it says, in `characters`. */
  const char *text;
  int length;
  /* Of an array or object: what is in it; of what is in one: what comes next, and its name. */
  struct value *first, *next;
  const char *name;
  int name_length;
};

static char text[TEXT_BYTES];
static char characters[TEXT_BYTES];
static struct value values[MAX_VALUES];
static int text_length, characters_length, values_length;
static const char *at, *end;

static struct value *parse_value(int depth);

static void skip_space(void) {
  while (at < end && (*at == ' ' || *at == '\n' || *at == '\t' || *at == '\r')) at++;
}

static int take(char wanted) {
  skip_space();
  if (at == end || *at != wanted) return 0;
  at++;
  return 1;
}

static int take_word(const char *word) {
  const char *from = at;
  for (; *word != 0; word++, from++) {
    if (from == end || *from != *word) return 0;
  }
  at = from;
  return 1;
}

static int hex_digit(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  digit |= 0x20;
  return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

static void put_utf8(unsigned point) {
  if (point < 0x80) {
    characters[characters_length++] = (char)point;
  } else if (point < 0x800) {
    characters[characters_length++] = (char)(0xc0 | point >> 6);
    characters[characters_length++] = (char)(0x80 | (point & 0x3f));
  } else {
    characters[characters_length++] = (char)(0xe0 | point >> 12);
    characters[characters_length++] = (char)(0x80 | (point >> 6 & 0x3f));
    characters[characters_length++] = (char)(0x80 | (point & 0x3f));
  }
}

static int parse_escape(void) {
  if (at == end) return 0;
  char escaped = *at++;
  switch (escaped) {
    case 'n': put_utf8('\n'); return 1;
    case 't': put_utf8('\t'); return 1;
    case 'r': put_utf8('\r'); return 1;
    case 'b': put_utf8('\b'); return 1;
    case 'f': put_utf8('\f'); return 1;
    case '"': case '\\': case '/': put_utf8((unsigned char)escaped); return 1;
    case 'u': break;
    default: return 0;
  }
  unsigned point = 0;
  for (int left = 4; left > 0; left--) {
    int digit = at < end ? hex_digit(*at++) : -1;
    if (digit < 0) return 0;
    point = point << 4 | (unsigned)digit;
  }
  put_utf8(point);
  return 1;
}

/* Behind the opening quote; answers the length, or -1. */
static int parse_string(const char **into) {
  int from = characters_length;
  *into = characters + from;
  while (at < end) {
    char next = *at++;
    if (next == '"') return characters_length - from;
    if ((unsigned char)next < 0x20) return -1;
    if (next != '\\') characters[characters_length++] = next;
    else if (!parse_escape()) return -1;
  }
  return -1;
}

static double scaled(uint64_t digits, int exponent) {
  static const double powers[] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
  double number = (double)digits;
  for (; exponent > 15; exponent -= 15) number *= 1e15;
  for (; exponent < -15; exponent += 15) number /= 1e15;
  return exponent < 0 ? number / powers[-exponent] : number * powers[exponent];
}

static int parse_digits(uint64_t *digits) {
  const char *from = at;
  for (; at < end && *at >= '0' && *at <= '9'; at++) *digits = *digits * 10 + (uint64_t)(*at - '0');
  return (int)(at - from);
}

static int parse_number(double *number) {
  uint64_t digits = 0, power = 0;
  int exponent = 0;
  int negative = at < end && *at == '-';
  at += negative;
  if (parse_digits(&digits) == 0) return 0;
  if (at < end && *at == '.') {
    at++;
    exponent = -parse_digits(&digits);
  }
  if (at < end && (*at | 0x20) == 'e') {
    at++;
    int below = at < end && *at == '-';
    if (at < end && (*at == '-' || *at == '+')) at++;
    if (parse_digits(&power) == 0) return 0;
    exponent += below ? -(int)power : (int)power;
  }
  *number = negative ? -scaled(digits, exponent) : scaled(digits, exponent);
  return 1;
}

static int parse_members(struct value *into, char close, int depth) {
  struct value **last = &into->first;
  if (take(close)) return 1;
  do {
    const char *name = 0;
    int length = 0;
    if (into->kind == OBJECT) {
      if (!take('"') || (length = parse_string(&name)) < 0 || !take(':')) return 0;
    }
    struct value *member = parse_value(depth + 1);
    if (member == 0) return 0;
    member->name = name;
    member->name_length = length;
    *last = member;
    last = &member->next;
  } while (take(','));
  return take(close);
}

static struct value *parse_value(int depth) {
  if (depth == MAX_DEPTH || values_length == MAX_VALUES) return 0;
  struct value *value = &values[values_length++];
  *value = (struct value){0};
  skip_space();
  if (at == end) return 0;
  int right;
  switch (*at) {
    case '{': at++; value->kind = OBJECT; right = parse_members(value, '}', depth); break;
    case '[': at++; value->kind = ARRAY; right = parse_members(value, ']', depth); break;
    case '"': at++; value->kind = STRING; right = (value->length = parse_string(&value->text)) >= 0; break;
    case 't': value->kind = BOOLEAN; value->number = 1; right = take_word("true"); break;
    case 'f': value->kind = BOOLEAN; right = take_word("false"); break;
    case 'n': right = take_word("null"); break;
    default: value->kind = NUMBER; right = parse_number(&value->number);
  }
  return right ? value : 0;
}

static uint64_t checksum_of(const struct value *value, uint64_t checksum) {
  checksum = mixed(checksum, value->kind);
  for (int i = 0; i < value->name_length; i++) checksum = mixed(checksum, (unsigned char)value->name[i]);
  for (int i = 0; i < value->length; i++) checksum = mixed(checksum, (unsigned char)value->text[i]);
  if (value->kind == NUMBER) checksum = mixed(checksum, (uint64_t)(int64_t)(value->number * 1024));
  for (const struct value *member = value->first; member != 0; member = member->next) {
    checksum = checksum_of(member, checksum);
  }
  return checksum;
}

static APART struct value *parse(void) {
  at = text;
  end = text + text_length;
  values_length = 0;
  characters_length = 0;
  struct value *value = parse_value(0);
  skip_space();
  return at == end ? value : 0;
}

static void say(const char *words) {
  while (*words != 0) text[text_length++] = *words++;
}

static void say_number(unsigned number) {
  char digits[10];
  int count = 0;
  do digits[count++] = (char)('0' + number % 10); while ((number /= 10) != 0);
  while (count > 0) text[text_length++] = digits[--count];
}

static void write_records(void) {
  static const char *const names[] = {"Atlantic cod", "G\\u00e5dus \\\"morhua\\\"", "haddock", "saithe\\n(coal fish)"};
  unsigned random = 12345;
  say("[");
  for (unsigned record = 0; record < RECORDS; record++) {
    random = random * 1664525 + 1013904223;
    say(record == 0 ? "\n  {\"id\": " : ",\n  {\"id\": ");
    say_number(record);
    say(", \"name\": \"");
    say(names[random >> 30]);
    say("\", \"length\": ");
    say_number(random >> 24);
    say(".");
    say_number(random >> 12 & 0xfff);
    say(", \"at\": {\"north\": -");
    say_number(random >> 20 & 63);
    say(".25e1, \"east\": ");
    say_number(random >> 8 & 0xffff);
    say("e-3}, \"tags\": [\"landed\", ");
    say(random & 0x10000 ? "true, " : "false, ");
    say("null, [1, 22, 333]], \"note\": \"caught with a line off the northern coast\"}");
  }
  say("\n]\n");
}

int main(int argc, char **argv) {
  uint64_t checksum = 1;
  write_records();
  for (int left = rounds_of(argc, argv); left > 0; left--) {
    const struct value *parsed = parse();
    if (parsed == 0) return 2;
    checksum = checksum_of(parsed, checksum);
  }
  return finish(checksum);
}
