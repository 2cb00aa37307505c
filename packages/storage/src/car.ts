export { type Unpacked, unpackCar } from "./unpack-car.ts";
