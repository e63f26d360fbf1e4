/** The way to the resident; the only file that knows Tauri. */
import { invoke } from '@tauri-apps/api/core';
import { listen } from '@tauri-apps/api/event';
import { getCurrentWindow } from '@tauri-apps/api/window';
import type { Commands } from './gen/commands';
import type * as wire from './gen/wire';

export type CommandName = keyof Commands;

/** A command that failed: a kind to act on, a sentence for people, and the fields that it is about. */
export class IpcError extends Error implements wire.IpcError {
  readonly code: wire.ErrorCode;
  readonly problems: wire.Problem[];

  constructor(error: wire.IpcError) {
    super(error.message);
    this.name = 'IpcError';
    this.code = error.code;
    this.problems = error.problems;
  }

  /** Whatever a promise was rejected with, as an error of ours. */
  static of(reason: unknown): IpcError {
    if (reason instanceof IpcError) return reason;
    if (typeof reason === 'object' && reason !== null && 'code' in reason && 'message' in reason) {
      const { code, message, problems } = reason as wire.IpcError;
      return new IpcError({ code, message, problems: problems ?? [] });
    }
    return new IpcError({ code: 'other', message: String(reason), problems: [] });
  }
}

async function ask<T>(command: string, args: Record<string, unknown>): Promise<T> {
  try {
    return await invoke<T>(command, args);
  } catch (reason) {
    throw IpcError.of(reason);
  }
}

/** Asks the resident. */
export function call<Name extends CommandName>(
  command: Name,
  args: Commands[Name]['args'],
): Promise<Commands[Name]['answer']> {
  return ask('call', { command, args });
}

/** Starts the resident when it has ended; answers once it listens. */
export function startResident(): Promise<void> {
  return ask('start_resident', {});
}

/** What the window's process tells, by event name. */
export interface Events {
  'snapshot:updated': wire.Bundle;
  'show-page': string | null;
  'resident:gone': null;
  'resident:back': null;
}

/** Calls `hear` for every event of a name from now on; answers with what ends that. */
export function subscribe<Name extends keyof Events>(
  name: Name,
  hear: (payload: Events[Name]) => void,
): Promise<() => void> {
  return listen<Events[Name]>(name, (event) => hear(event.payload));
}

/** Closes the window; its process ends with it. */
export function closeWindow(): Promise<void> {
  return getCurrentWindow().close();
}
