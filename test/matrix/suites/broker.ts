import { brokerNamed, type MatrixBroker } from '../brokers/index.ts';

/** The broker that `npm run matrix` named. */
export const broker: MatrixBroker = brokerNamed(process.env.MATRIX_BROKER ?? '');
