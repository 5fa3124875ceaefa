import type { Broker, Driver } from '../../broker.ts';
import type { HostStatus } from '../../status.ts';
import { GuardedPublisher } from './publisher.ts';
import { GuardedSubscriber } from './subscriber.ts';

/**
 * A driver given through the library, as a {@link Broker} that keeps the port's promises whatever the driver does: it
 * never throws, settles in time, and a mistake ends the session with ERR_BROKER_DRIVER. Reports `connected` and
 * `disconnected` for it.
 */
export function guardDriver(driver: Driver, report: (status: HostStatus) => void): Broker {
  return {
    schemes: driver.schemes,
    keepsQos2: driver.keepsQos2,
    openSubscriber: (options, sink) => new GuardedSubscriber(driver, options, sink, report),
    openPublisher: (options, sink) => new GuardedPublisher(driver, options, sink, report),
  };
}
