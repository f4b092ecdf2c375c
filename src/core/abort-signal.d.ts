/**
 * What ends a call of a port early. The core hands it on and cannot do anything with it: that it is one of Node's or a
 * browser's is known to those who make ports real.
 */
interface AbortSignal {
  readonly aborted: boolean;
}
