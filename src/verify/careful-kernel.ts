/** The error that an instance is planned for when nobody says which implementation will run it. */
export { carefulError, underflow } from '../oracles/careful-kernel.ts';
