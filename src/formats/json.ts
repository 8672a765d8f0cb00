/**
 * Strict JSON (RFC 8259) for headers that we did not write. Two things that `JSON.parse` lets pass are refused,
 * because two readers could understand such a document differently: a key given twice, and the key `__proto__`.
 * Objects have no prototype, so that no name in a file can reach one; nesting is limited, so that none overflows
 * the stack. Linear time.
 */
import { InputError } from '../problems/input-error.ts';
import { fieldName, quote } from './quote.ts';

export type Json = null | boolean | number | string | Json[] | JsonObject;

/** An object without a prototype. */
export interface JsonObject {
  [key: string]: Json;
}

const deepest = 64;

/**
 * The value of `text`. `name` is what the document is called in errors; an error's field is the path from there,
 * as in `header.q.dtype`. A number too large for float64 becomes ±Infinity: the caller checks ranges anyway.
 */
export function parseJson(text: string, name: string): Json {
  const numeral = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
  const path = [name];
  let at = 0;
  let depth = 0;
  const result = value();
  blanks();
  if (at < text.length) throw unexpected('the end of the document');
  return result;

  function value(): Json {
    blanks();
    switch (text[at]) {
      case '{':
        return object();
      case '[':
        return array();
      case '"':
        return string();
      case 't':
        return word('true', true);
      case 'f':
        return word('false', false);
      case 'n':
        return word('null', null);
      default:
        return number();
    }
  }

  function object(): JsonObject {
    const result = Object.create(null) as JsonObject;
    open();
    if (close('}')) return result;
    for (;;) {
      if (text[at] !== '"') throw unexpected('a key in double quotes');
      const key = string();
      path.push(fieldName(key));
      if (key === '__proto__') throw fault('json-key-refused', 'a key other than "__proto__"', 'that key');
      if (Object.hasOwn(result, key)) throw fault('json-key-twice', 'the key once', 'it twice');
      blanks();
      if (text[at] !== ':') throw unexpected('":"');
      at++;
      result[key] = value();
      path.pop();
      if (closeOrComma('}')) return result;
    }
  }

  function array(): Json[] {
    const result: Json[] = [];
    open();
    if (close(']')) return result;
    for (;;) {
      result.push(value());
      if (closeOrComma(']')) return result;
    }
  }

  /** Steps over a bracket, into one more level. */
  function open(): void {
    at++;
    depth++;
    if (depth > deepest) throw fault('json-too-deep', `at most ${deepest} levels of nesting`, 'more');
    blanks();
  }

  function close(bracket: string): boolean {
    if (text[at] !== bracket) return false;
    at++;
    depth--;
    return true;
  }

  function closeOrComma(bracket: string): boolean {
    blanks();
    if (close(bracket)) return true;
    if (text[at] !== ',') throw unexpected(`"," or "${bracket}"`);
    at++;
    blanks();
    return false;
  }

  function string(): string {
    const start = at;
    for (let end = text.indexOf('"', start + 1); end !== -1; end = text.indexOf('"', end + 1)) {
      let backslashes = 0;
      while (text[end - 1 - backslashes] === '\\') backslashes++;
      if (backslashes % 2 === 1) continue; // an escaped quote
      at = end + 1;
      try {
        return JSON.parse(text.slice(start, at)) as string;
      } catch {
        at = start;
        throw unexpected('a string with valid escapes');
      }
    }
    throw unexpected('a string with a closing quote');
  }

  function number(): number {
    numeral.lastIndex = at;
    const found = numeral.exec(text);
    if (found === null) throw unexpected('a JSON value');
    at = numeral.lastIndex;
    return Number(found[0]);
  }

  function word<T>(letters: string, meaning: T): T {
    if (!text.startsWith(letters, at)) throw unexpected('a JSON value');
    at += letters.length;
    return meaning;
  }

  function blanks(): void {
    for (; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return;
    }
  }

  function unexpected(expected: string): InputError {
    const found = at < text.length ? `${quote(text.slice(at, at + 16))} at character ${at}` : 'its end';
    return fault('json-malformed', expected, found);
  }

  function fault(code: string, expected: string, found: string): InputError {
    const hint = 'the file is damaged, or was written by a faulty program';
    return new InputError({ code, expected, found, hint, field: path.slice(0, 8).join('.') });
  }
}
