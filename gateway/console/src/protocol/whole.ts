/** Everything that can be said on the bus. */
import { readAnswer, writeRequest } from 'whole.proto';
import { codec } from './codec';

export const whole = codec(writeRequest, readAnswer);
