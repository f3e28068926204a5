/** Clients and the floor run in processes of their own, so that they share no event loop with what is measured. */
import { type ChildProcess, fork } from 'node:child_process'
import { join } from 'node:path'
import { packageRoot } from '../src/settings/settings.ts'

export type Child = {
  pid: number
  /** Sends a message and waits for the answer to it; one at a time. */
  ask: <Answer>(message: object) => Promise<Answer>
  stop: () => Promise<void>
}

/** @param name a file of this folder that answers each message by `process.send` */
export function startChild(name: 'floor' | 'load' | 'listeners'): Child {
  const child = fork(join(packageRoot, 'bench', `${name}.ts`), { serialization: 'advanced' })
  const endWithUs = () => void child.kill('SIGKILL')
  process.once('exit', endWithUs)
  return {
    pid: child.pid!,
    ask: (message) => askChild(child, name, message),
    stop: async () => {
      const ended = new Promise((resolve) => child.once('exit', resolve))
      child.kill('SIGTERM')
      await ended
      process.off('exit', endWithUs)
    },
  }
}

function askChild<Answer>(child: ChildProcess, name: string, message: object): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const onExit = (code: number | null) =>
      reject(new Error(`bench/${name}.ts ended (${code}) with a question open.`))
    child.once('exit', onExit)
    child.once('message', (answer: Answer | { failed: string }) => {
      child.off('exit', onExit)
      if (typeof answer === 'object' && answer !== null && 'failed' in answer)
        reject(new Error(answer.failed))
      else resolve(answer as Answer)
    })
    child.send(message)
  })
}

/** The child's side: answers each message by what `work` makes of it. */
export function answerMessages<Message>(work: (message: Message) => Promise<unknown>): void {
  process.on('message', (message: Message) => {
    work(message).then(
      (answer) => process.send!(answer),
      (error: Error) => process.send!({ failed: `${error.stack}` }),
    )
  })
  process.once('disconnect', () => process.exit())
}
